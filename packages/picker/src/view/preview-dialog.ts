import type { Strings } from '../strings/index.ts';
import type { Art, Sticker } from '../types.ts';
import { h, icon } from './dom.ts';
import { picture } from './picture.ts';
import { ToneChoice } from './tone-choice.ts';

export interface PreviewDialogHooks {
  readonly art: (sticker: Sticker) => Promise<Art | null>;
  readonly tones: (sticker: Sticker) => Promise<readonly Sticker[]>;
  /** The emoji with the person's skin tone. */
  readonly emoji: (sticker: Sticker) => string;
  readonly isFavourite: (sticker: Sticker) => boolean;
  readonly onPick: (sticker: Sticker) => void;
  /** Picks the sticker in the skin tone that it has. */
  readonly onPickTone: (sticker: Sticker) => void;
  readonly onFavourite: (sticker: Sticker) => void;
  /** The dialog closed: the focus returns to where it came from. */
  readonly onClose: () => void;
}

/** A sticker in large, with its skin tones, buttons to use it and to make it a favourite. It covers the picker while it is open. */
export class PreviewDialog {
  readonly #picture = h('div', { class: 'poster' });
  readonly #name = h('p', { class: 'title', id: 'preview-title' });
  readonly #tones = new ToneChoice((chosen) => this.#choose(chosen));
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
    this.#tones.element,
    h('div', { class: 'actions' }, this.#use, this.#star),
  );
  readonly #hooks: PreviewDialogHooks;
  #sticker: Sticker | null = null;
  #chosen: Sticker | null = null; // the sticker in the skin tone that was chosen here
  #strings: Strings | null = null;

  constructor(hooks: PreviewDialogHooks) {
    this.#hooks = hooks;
    this.#use.addEventListener('click', () => {
      const [sticker, chosen] = [this.#sticker, this.#chosen];
      this.#leave();
      if (chosen !== null) hooks.onPickTone(chosen);
      else if (sticker !== null) hooks.onPick(sticker);
    });
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
    this.#chosen = null;
    this.#name.textContent = sticker.name;
    this.#picture.replaceChildren(picture(sticker, sticker.art ?? null));
    this.#tones.element.hidden = true;
    void this.#draw(sticker);
    void this.#offerTones(sticker);
    this.#label();
    this.element.hidden = false;
    this.#use.focus();
  }

  async #draw(sticker: Sticker): Promise<void> {
    const art = await this.#hooks.art(sticker).catch(() => null);
    if (this.#sticker === sticker && this.#chosen === null)
      this.#picture.replaceChildren(picture(sticker, art));
  }

  async #offerTones(sticker: Sticker): Promise<void> {
    const tones = await this.#hooks.tones(sticker);
    if (this.#sticker !== sticker || this.#strings === null) return;
    this.#tones.show(tones, this.#hooks.emoji(sticker), this.#strings);
  }

  #choose(chosen: Sticker): void {
    this.#chosen = chosen;
    this.#picture.replaceChildren(picture(chosen, chosen.art ?? null));
  }

  #label(): void {
    const strings = this.#strings;
    if (strings === null) return;
    this.#use.textContent = strings.use;
    this.#close.setAttribute('aria-label', strings.close);
    const favourite = this.#sticker !== null && this.#hooks.isFavourite(this.#sticker);
    this.#star.textContent = favourite ? strings.unfavour : strings.favour;
  }

  #leave(): void {
    this.#sticker = this.#chosen = null;
    this.element.hidden = true;
    this.#hooks.onClose();
  }

  /** Escape closes the dialog, and Tab stays in it. */
  #keydown(event: KeyboardEvent): void {
    const { key, shiftKey, target } = event;
    const stop = this.#tones.element.hidden ? null : this.#tones.tabStop;
    const buttons = [this.#close, ...(stop === null ? [] : [stop]), this.#use, this.#star];
    const at = buttons.indexOf(target as HTMLButtonElement);
    if (key === 'Escape') this.#leave();
    else if (key === 'Tab') buttons.at((at + (shiftKey ? -1 : 1)) % buttons.length)?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
