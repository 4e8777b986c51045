import type { Strings } from '../strings/index.ts';
import type { Tone } from '../tone.ts';
import type { Mode, Sticker } from '../types.ts';
import { h, icon } from './dom.ts';
import { gridView, type GridHooks, type GridView } from './grid-view.ts';
import { modeSwitch } from './mode-switch.ts';
import { preview, type Preview } from './preview.ts';
import { CSS } from './styles.ts';
import { tabList, type Tab } from './tabs.ts';
import { toneMenu } from './tone-menu.ts';

export interface FrameHooks extends Omit<GridHooks, 'left'> {
  readonly typed: (text: string) => void;
  /** True if the network is asked now. */
  readonly submitted: () => boolean;
  readonly tabbed: (id: string) => void;
  readonly moded: (mode: Mode) => void;
  readonly toned: (tone: Tone) => void;
  readonly starred: () => void;
  readonly more: () => Promise<void>;
}

/** All that is to be seen. */
export interface Shown {
  readonly strings: Strings;
  readonly locale: string;
  readonly rtl: boolean;
  readonly mode: Mode;
  readonly both: boolean; // both ways to search are there
  readonly tone: Tone;
  readonly tabs: readonly Tab[];
  readonly tab: string;
  readonly searching: boolean;
  readonly busy: boolean;
  readonly more: boolean;
  readonly stickers: readonly Sticker[];
  readonly heading: readonly string[]; // the first part stands out
  readonly state?: HTMLElement; // in place of stickers
  readonly notice?: HTMLElement; // above them
}

export interface Frame {
  readonly input: HTMLInputElement;
  readonly panel: HTMLElement;
  readonly live: HTMLElement;
  readonly grid: GridView;
  readonly preview: Preview;
  update(shown: Shown): void;
}

/** Builds the picker's parts in a shadow root and ties them together. */
export function frame(root: ShadowRoot, hooks: FrameHooks): Frame {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];

  const input = h('input', {
    part: 'search',
    type: 'text',
    role: 'combobox',
    'aria-autocomplete': 'list',
    'aria-haspopup': 'grid',
    'aria-controls': 'grid',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
    enterkeyhint: 'search',
    maxlength: '128',
  });
  const clear = h('button', { type: 'button', class: 'clear', part: 'clear', hidden: '' }, icon('close'));
  const box = h('div', { class: 'box', part: 'search-box' }, icon('search'), input, clear);
  const tones = toneMenu(hooks.toned);
  const mode = modeSwitch(hooks.moded);
  const tabs = tabList(hooks.tabbed);
  const heading = h('div', { class: 'heading', part: 'heading' });
  const panel = h('div', { class: 'panel', part: 'panel', id: 'panel' });
  const grid = gridView(panel, { ...hooks, left: back });
  const more = h('button', { type: 'button', class: 'button more', part: 'button' });
  const above = h('div');
  const instead = h('div', { class: 'instead' });
  const large = preview(hooks.starred);
  const live = h('div', { class: 'live', role: 'status' });
  panel.append(above, grid.element, more, instead);
  const top = h('div', { class: 'top', part: 'header' }, box, ...tones.elements);
  const attributes = { class: 'picker', part: 'picker' };
  const all = [top, mode.element, tabs.element, heading, panel, large.element, live];
  const picker = h('div', attributes, ...all);
  root.append(picker);

  function changed(): void {
    clear.hidden = input.value === '';
    hooks.typed(input.value);
  }

  function back(typed: string): void {
    input.focus();
    if (typed === '') return;
    input.value = typed === 'Backspace' ? Array.from(input.value).slice(0, -1).join('') : input.value + typed;
    changed();
  }

  input.addEventListener('input', (event) => {
    if (!event.isComposing) changed();
  });
  input.addEventListener('compositionend', changed);
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'ArrowDown') grid.focus();
    else if (event.key === 'Enter') {
      if (!hooks.submitted()) grid.focus();
    } else if (event.key === 'Escape' && input.value !== '') {
      input.value = '';
      changed();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  clear.addEventListener('click', () => {
    input.value = '';
    changed();
    input.focus();
  });
  more.addEventListener('click', () => {
    void hooks.more().then(() => more.hidden && grid.focus());
  });

  return {
    input,
    panel,
    live,
    grid,
    preview: large,
    update(shown) {
      const { strings, searching } = shown;
      picker.lang = shown.locale;
      picker.dir = shown.rtl ? 'rtl' : 'ltr';
      picker.classList.toggle('searching', searching);
      picker.classList.toggle('busy', shown.busy);
      input.placeholder = strings.search;
      input.setAttribute('aria-label', strings.search);
      clear.setAttribute('aria-label', strings.clear);
      tones.update(strings, shown.tone, shown.rtl);
      mode.update(strings, shown.mode, shown.both);
      tabs.element.hidden = searching;
      tabs.update(shown.tabs, shown.tab, shown.rtl, strings.stickers);
      const [strong = '', ...rest] = shown.heading;
      heading.hidden = shown.heading.length === 0;
      heading.replaceChildren(strong, ...rest.map((text) => h('span', {}, text)));
      if (searching) panel.removeAttribute('role');
      else panel.setAttribute('role', 'tabpanel');
      panel.setAttribute('aria-label', strong || strings.stickers);
      panel.setAttribute('aria-busy', `${shown.busy}`);
      grid.element.hidden = shown.stickers.length === 0;
      input.setAttribute('aria-expanded', `${!grid.element.hidden}`);
      grid.show(shown.stickers, strong || strings.stickers);
      more.hidden = !shown.more;
      more.textContent = strings.more;
      above.replaceChildren(...(shown.notice ? [shown.notice] : []));
      instead.hidden = shown.state === undefined;
      instead.replaceChildren(...(shown.state ? [shown.state] : []));
    },
  };
}
