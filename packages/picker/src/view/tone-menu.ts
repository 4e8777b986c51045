import { swatch, TONES, type Tone } from '../tone.ts';
import type { Strings } from '../strings/index.ts';
import { h } from './dom.ts';

export interface ToneMenu {
  readonly elements: readonly HTMLElement[];
  update(strings: Strings, tone: Tone, rtl: boolean): void;
}

/** A button that opens six tones, of which one is chosen. */
export function toneMenu(chosen: (tone: Tone) => void): ToneMenu {
  const dot = h('span', { class: 'dot' });
  const attributes = { type: 'button', class: 'tone', part: 'tone-button', 'aria-controls': 'tones' };
  const button = h('button', { ...attributes, 'aria-expanded': 'false' }, dot);
  const list = h('div', { class: 'tones', part: 'tones', role: 'radiogroup', id: 'tones', hidden: '' });
  const radios = TONES.map((tone) => {
    const radio = h('button', { type: 'button', role: 'radio' }, h('span', { class: 'dot' }));
    (radio.firstElementChild as HTMLElement).style.backgroundColor = swatch(tone);
    radio.addEventListener('click', () => {
      chosen(tone);
      open(false);
      button.focus();
    });
    return radio;
  });
  list.append(...radios);
  let current: Tone = 0;
  let rightToLeft = false;

  function open(on: boolean): void {
    list.hidden = !on;
    button.setAttribute('aria-expanded', `${on}`);
    if (on) radios[current]?.focus();
  }

  button.addEventListener('click', () => open(list.hasAttribute('hidden')));
  list.addEventListener('keydown', (event) => {
    const forward = rightToLeft ? 'ArrowLeft' : 'ArrowRight';
    const back = rightToLeft ? 'ArrowRight' : 'ArrowLeft';
    const step = [forward, 'ArrowDown'].includes(event.key)
      ? 1
      : [back, 'ArrowUp'].includes(event.key)
        ? -1
        : 0;
    if (event.key === 'Escape') {
      open(false);
      button.focus();
    } else if (step !== 0) {
      const to = ((current + step + TONES.length) % TONES.length) as Tone;
      chosen(to);
      radios[to]?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener('focusout', ({ relatedTarget }) => {
    const inside =
      relatedTarget === button || (relatedTarget instanceof Node && list.contains(relatedTarget));
    if (!inside) open(false);
  });

  return {
    elements: [button, list],
    update(strings, tone, rtl) {
      current = tone;
      rightToLeft = rtl;
      const names = strings.tones.split('|');
      dot.style.backgroundColor = swatch(tone);
      list.setAttribute('aria-label', strings.tone);
      button.setAttribute('aria-label', `${strings.tone}: ${names[tone] ?? ''}`);
      button.title = strings.tone;
      radios.forEach((radio, i) => {
        radio.setAttribute('aria-checked', `${i === tone}`);
        radio.setAttribute('aria-label', names[i] ?? '');
        radio.title = names[i] ?? '';
        radio.tabIndex = i === tone ? 0 : -1;
      });
    },
  };
}
