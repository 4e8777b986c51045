import type { Strings } from '../strings/index.ts';
import type { Sticker } from '../types.ts';
import { h } from './dom.ts';
import { StickerGrid, type GridHooks } from './sticker-grid.ts';

/** What the panel shows: stickers, a notice above them, or a message in their place. */
export interface Content {
  readonly stickers: readonly Sticker[];
  readonly heading: readonly string[]; // the first part is emphasised
  readonly message?: HTMLElement; // in place of stickers
  readonly notice?: HTMLElement; // above them
}

export interface PanelState extends Content {
  readonly strings: Strings;
  readonly searching: boolean;
  readonly busy: boolean;
  readonly hasMore: boolean;
}

export interface PanelHooks extends GridHooks {
  readonly onMore: () => Promise<void>;
}

/** The heading and the scrolling area below it. */
export class Panel {
  readonly heading = h('div', { class: 'heading', part: 'heading' });
  readonly element = h('div', { class: 'panel', part: 'panel', id: 'panel' });
  readonly grid: StickerGrid;
  readonly #notice = h('div');
  readonly #message = h('div', { class: 'message' });
  readonly #more = h('button', { type: 'button', class: 'button more', part: 'button' });

  constructor(hooks: PanelHooks) {
    this.grid = new StickerGrid(this.element, hooks);
    this.element.append(this.#notice, this.grid.element, this.#more, this.#message);
    this.#more.addEventListener('click', () => {
      void hooks.onMore().then(() => this.#more.hidden && this.grid.focus());
    });
  }

  update(state: PanelState): void {
    const { strings, searching, stickers, notice, message } = state;
    const [title = '', ...details] = state.heading;
    this.heading.hidden = state.heading.length === 0;
    this.heading.replaceChildren(title, ...details.map((text) => h('span', {}, text)));
    if (searching) this.element.removeAttribute('role');
    else this.element.setAttribute('role', 'tabpanel');
    this.element.setAttribute('aria-label', title || strings.stickers);
    this.element.setAttribute('aria-busy', `${state.busy}`);
    this.grid.element.hidden = stickers.length === 0;
    this.grid.show(stickers, title || strings.stickers);
    this.#more.hidden = !state.hasMore;
    this.#more.textContent = strings.more;
    this.#notice.replaceChildren(...(notice ? [notice] : []));
    this.#message.hidden = message === undefined;
    this.#message.replaceChildren(...(message ? [message] : []));
  }
}
