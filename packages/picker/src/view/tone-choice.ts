import type { Strings } from '../strings/index.ts';
import { tonesOf } from '../tone.ts';
import type { Sticker } from '../types.ts';
import { h } from './dom.ts';
import { picture } from './picture.ts';

/** A radio group of one sticker's skin tones, each shown as it is. */
export class ToneChoice {
  readonly element = h('div', { class: 'choice', part: 'tone-choice', role: 'radiogroup', hidden: '' });
  readonly #onChoose: (sticker: Sticker) => void;
  #stickers: readonly Sticker[] = [];
  #radios: HTMLButtonElement[] = [];
  #chosen = 0;

  constructor(onChoose: (sticker: Sticker) => void) {
    this.#onChoose = onChoose;
    this.element.addEventListener('keydown', (event) => this.#keydown(event));
  }

  /** The radio that Tab reaches; null while there is nothing to choose. */
  get tabStop(): HTMLButtonElement | null {
    return this.#radios[this.#chosen] ?? null;
  }

  /** Shows these, of which the one with this emoji is chosen. One alone is no choice. */
  show(stickers: readonly Sticker[], emoji: string, strings: Strings): void {
    this.#stickers = stickers.length > 1 ? stickers : [];
    const names = strings.tones.split('|');
    this.#radios = this.#stickers.map((sticker, i) => {
      const tones = tonesOf(sticker.emoji);
      const label = (tones.length === 0 ? [0] : tones).map((tone) => names[tone]).join(', ');
      const radio = h(
        'button',
        { type: 'button', role: 'radio', 'aria-label': label, title: label },
        picture(sticker, sticker.art ?? null),
      );
      radio.addEventListener('click', () => this.#choose(i));
      return radio;
    });
    this.element.setAttribute('aria-label', strings.tone);
    this.element.replaceChildren(...this.#radios);
    this.element.hidden = this.#radios.length === 0;
    this.#mark(
      Math.max(
        0,
        this.#stickers.findIndex((sticker) => sticker.emoji === emoji),
      ),
    );
  }

  #mark(chosen: number): void {
    this.#chosen = chosen;
    this.#radios.forEach((radio, i) => {
      radio.setAttribute('aria-checked', `${i === chosen}`);
      radio.tabIndex = i === chosen ? 0 : -1;
    });
  }

  #choose(index: number): void {
    const sticker = this.#stickers[index];
    if (sticker === undefined) return;
    this.#mark(index);
    this.#radios[index]?.focus();
    this.#onChoose(sticker);
  }

  #keydown(event: KeyboardEvent): void {
    const forward = getComputedStyle(this.element).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const step = [forward, 'ArrowDown'].includes(event.key) ? 1 : event.key.startsWith('Arrow') ? -1 : 0;
    if (step === 0) return;
    this.#choose((this.#chosen + step + this.#stickers.length) % this.#stickers.length);
    event.preventDefault();
    event.stopPropagation();
  }
}
