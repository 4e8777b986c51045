import { swatch, TONES, type Tone } from '../tone.ts';
import type { Strings } from '../strings/index.ts';
import { h } from './dom.ts';

/** A button that opens a radio group of the six skin tones. */
export class ToneMenu {
  readonly #dot = h('span', { class: 'dot' });
  readonly #button = h(
    'button',
    {
      type: 'button',
      class: 'tone',
      part: 'tone-button',
      'aria-controls': 'tones',
      'aria-expanded': 'false',
    },
    this.#dot,
  );
  readonly #radios = TONES.map((tone) => this.#makeRadio(tone));
  readonly #list = h(
    'div',
    { class: 'tones', part: 'tones', role: 'radiogroup', id: 'tones', hidden: '' },
    ...this.#radios,
  );
  readonly elements = [this.#button, this.#list];
  readonly #onTone: (tone: Tone) => void;
  #tone: Tone = 0;
  #rtl = false;

  constructor(onTone: (tone: Tone) => void) {
    this.#onTone = onTone;
    this.#button.addEventListener('click', () => this.#open(this.#list.hasAttribute('hidden')));
    this.#list.addEventListener('keydown', (event) => this.#keydown(event));
    this.#list.addEventListener('focusout', ({ relatedTarget }) => {
      const inside =
        relatedTarget === this.#button ||
        (relatedTarget instanceof Node && this.#list.contains(relatedTarget));
      if (!inside) this.#open(false);
    });
  }

  /** @param chosen - null hides the menu */
  update(strings: Strings, chosen: Tone | null, rtl: boolean): void {
    const tone = chosen ?? 0;
    this.#button.hidden = chosen === null;
    if (chosen === null) this.#open(false);
    this.#tone = tone;
    this.#rtl = rtl;
    const names = strings.tones.split('|');
    this.#dot.style.backgroundColor = swatch(tone);
    this.#list.setAttribute('aria-label', strings.tone);
    this.#button.setAttribute('aria-label', `${strings.tone}: ${names[tone] ?? ''}`);
    this.#button.title = strings.tone;
    this.#radios.forEach((radio, i) => {
      radio.setAttribute('aria-checked', `${i === tone}`);
      radio.setAttribute('aria-label', names[i] ?? '');
      radio.title = names[i] ?? '';
      radio.tabIndex = i === tone ? 0 : -1;
    });
  }

  #makeRadio(tone: Tone): HTMLButtonElement {
    const dot = h('span', { class: 'dot' });
    dot.style.backgroundColor = swatch(tone);
    const radio = h('button', { type: 'button', role: 'radio' }, dot);
    radio.addEventListener('click', () => {
      this.#onTone(tone);
      this.#close();
    });
    return radio;
  }

  #open(open: boolean): void {
    this.#list.hidden = !open;
    this.#button.setAttribute('aria-expanded', `${open}`);
    if (open) this.#radios[this.#tone]?.focus();
  }

  #close(): void {
    this.#open(false);
    this.#button.focus();
  }

  #keydown(event: KeyboardEvent): void {
    const forward = this.#rtl ? 'ArrowLeft' : 'ArrowRight';
    const back = this.#rtl ? 'ArrowRight' : 'ArrowLeft';
    if (event.key === 'Escape') this.#close();
    else if ([forward, 'ArrowDown'].includes(event.key)) this.#step(1);
    else if ([back, 'ArrowUp'].includes(event.key)) this.#step(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #step(by: number): void {
    const tone = ((this.#tone + by + TONES.length) % TONES.length) as Tone;
    this.#onTone(tone);
    this.#radios[tone]?.focus();
  }
}
