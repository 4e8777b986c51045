import type { Tone } from '../tone.ts';
import type { Art, Mode, Sticker } from '../types.ts';
import { h } from './dom.ts';
import { keepTextInside } from './text-events.ts';
import { ModeSwitch } from './mode-switch.ts';
import { Panel, type PanelHooks, type PanelState } from './panel.ts';
import { Preview } from './preview.ts';
import { PreviewDialog } from './preview-dialog.ts';
import { SearchField } from './search-field.ts';
import { CSS } from './styles.ts';
import { TabList, type Tab } from './tabs.ts';
import { ToneMenu } from './tone-menu.ts';

/** Screen readers miss an announcement that follows a focus change at once. */
const ANNOUNCE_MS = 300;

export interface ViewHooks extends Omit<PanelHooks, 'onLeave' | 'onPreview'> {
  readonly art: (sticker: Sticker) => Promise<Art | null>;
  /** The sticker in every skin tone, art inside. */
  readonly tones: (sticker: Sticker) => Promise<readonly Sticker[]>;
  readonly onType: (text: string) => void;
  readonly onCompose: () => void;
  /** Enter was pressed in the search box. Returns true unless the focus should move to the grid. */
  readonly onSubmit: () => boolean;
  readonly onTab: (id: string) => void;
  readonly onMode: (mode: Mode) => void;
  readonly onTone: (tone: Tone) => void;
  /** The star of the preview was pressed. */
  readonly onStar: () => void;
  /** Picks the sticker in the skin tone that it has. */
  readonly onPickTone: (sticker: Sticker) => void;
}

/** Everything that the picker shows, except the preview. */
export interface ViewState extends PanelState {
  readonly locale: string;
  readonly rtl: boolean;
  readonly mode: Mode;
  readonly canSwitch: boolean; // between device and network
  readonly tone: Tone | null; // null: there is no choice
  readonly tabs: readonly Tab[];
  readonly selectedTab: string;
}

/** The picker's parts in a shadow root. */
export class PickerView {
  readonly search: SearchField;
  readonly panel: Panel;
  readonly preview: Preview;
  readonly dialog: PreviewDialog;
  readonly #status = h('div', { class: 'live', role: 'status' });
  #announcing: ReturnType<typeof setTimeout> | undefined;
  readonly #tones: ToneMenu;
  readonly #mode: ModeSwitch;
  readonly #tabs: TabList;
  readonly #root: HTMLElement;

  constructor(root: ShadowRoot, hooks: ViewHooks) {
    this.search = new SearchField({
      onType: hooks.onType,
      onCompose: hooks.onCompose,
      onSubmit: () => {
        if (!hooks.onSubmit()) this.panel.grid.focus();
      },
      onLeave: () => this.panel.grid.focus(),
    });
    this.dialog = new PreviewDialog({ ...hooks, onClose: () => this.panel.grid.focus() });
    this.panel = new Panel({
      ...hooks,
      onLeave: (key) => this.search.enter(key),
      onPreview: (sticker) => this.dialog.open(sticker),
    });
    this.preview = new Preview(hooks.onStar);
    this.#tones = new ToneMenu(hooks.onTone);
    this.#mode = new ModeSwitch(hooks.onMode);
    this.#tabs = new TabList(hooks.onTab);
    this.#root = h(
      'div',
      { class: 'picker', part: 'picker' },
      h('div', { class: 'top', part: 'header' }, this.search.element, ...this.#tones.elements),
      this.#mode.element,
      this.#tabs.element,
      this.panel.heading,
      this.panel.element,
      this.preview.element,
      this.dialog.element,
      this.#status,
    );
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
    root.append(this.#root);
    keepTextInside(root);
  }

  /** Makes screen readers say a text. */
  announce(text: string): void {
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => (this.#status.textContent = text), ANNOUNCE_MS);
  }

  update(state: ViewState): void {
    const { strings, searching, rtl } = state;
    this.#root.lang = state.locale;
    this.#root.dir = rtl ? 'rtl' : 'ltr';
    this.#root.classList.toggle('searching', searching);
    this.#root.classList.toggle('busy', state.busy);
    this.search.update(strings, state.stickers.length > 0);
    this.#tones.update(strings, state.tone, rtl);
    this.#mode.update(strings, state.mode, state.canSwitch);
    this.#tabs.element.hidden = searching;
    this.#tabs.update(state.tabs, state.selectedTab, rtl, strings.stickers);
    this.panel.update(state);
    this.dialog.update(strings);
  }
}
