import type { Strings } from '../strings/index.ts';
import type { Art, Sticker } from '../types.ts';
import { h, icon } from './dom.ts';
import { picture } from './sticker-grid.ts';

export interface PreviewDialogHooks {
  readonly art: (sticker: Sticker) => Promise<Art | null>;
  readonly isFavourite: (sticker: Sticker) => boolean;
  readonly onPick: (sticker: Sticker) => void;
  readonly onFavourite: (sticker: Sticker) => void;
  /** The dialog closed: the focus returns to where it came from. */
  readonly onClose: () => void;
}

/** A sticker in large, with buttons to use it and to make it a favourite. It covers the picker while it is open. */
export class PreviewDialog {
  readonly #picture = h('div', { class: 'poster' });
  readonly #name = h('p', { class: 'title', id: 'preview-title' });
  readonly #use = h('button', { type: 'button', class: 'button primary', part: 'button' });
  readonly #star = h('button', { type: 'button', class: 'button', part: 'button' });
  readonly #close = h('button', { type: 'button', class: 'clear', part: 'clear' }, icon('close'));
  readonly element = h(
    'div',
    {
      class: 'dialog',
      part: 'dialog',
      role: 'dialog',
      'aria-modal': 'true',
      'aria-labelledby': 'preview-title',
      hidden: '',
    },
    this.#close,
    this.#picture,
    this.#name,
    h('div', { class: 'actions' }, this.#use, this.#star),
  );
  readonly #hooks: PreviewDialogHooks;
  #sticker: Sticker | null = null;
  #strings: Strings | null = null;

  constructor(hooks: PreviewDialogHooks) {
    this.#hooks = hooks;
    this.#use.addEventListener('click', () => this.#leave(hooks.onPick));
    this.#star.addEventListener('click', () => {
      if (this.#sticker !== null) hooks.onFavourite(this.#sticker);
      this.#label();
    });
    this.#close.addEventListener('click', () => this.#leave());
    this.element.addEventListener('click', ({ target }) => {
      if (target === this.element) this.#leave();
    });
    this.element.addEventListener('keydown', (event) => this.#keydown(event));
  }

  update(strings: Strings): void {
    this.#strings = strings;
    this.#label();
  }

  open(sticker: Sticker): void {
    this.#sticker = sticker;
    this.#name.textContent = sticker.name;
    this.#picture.replaceChildren(picture(sticker, sticker.art ?? null));
    void this.#draw(sticker);
    this.#label();
    this.element.hidden = false;
    this.#use.focus();
  }

  async #draw(sticker: Sticker): Promise<void> {
    const art = await this.#hooks.art(sticker).catch(() => null);
    if (this.#sticker === sticker) this.#picture.replaceChildren(picture(sticker, art));
  }

  #label(): void {
    const strings = this.#strings;
    if (strings === null) return;
    this.#use.textContent = strings.use;
    this.#close.setAttribute('aria-label', strings.close);
    const favourite = this.#sticker !== null && this.#hooks.isFavourite(this.#sticker);
    this.#star.textContent = favourite ? strings.unfavour : strings.favour;
  }

  #leave(use?: (sticker: Sticker) => void): void {
    const sticker = this.#sticker;
    this.#sticker = null;
    this.element.hidden = true;
    this.#hooks.onClose();
    if (sticker !== null) use?.(sticker);
  }

  /** Escape closes the dialog, and Tab stays in it. */
  #keydown(event: KeyboardEvent): void {
    const { key, shiftKey, target } = event;
    const buttons = [this.#close, this.#use, this.#star];
    const at = buttons.indexOf(target as HTMLButtonElement);
    if (key === 'Escape') this.#leave();
    else if (key === 'Tab') buttons.at((at + (shiftKey ? -1 : 1)) % buttons.length)?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
