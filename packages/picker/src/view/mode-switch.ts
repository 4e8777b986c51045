import type { Strings } from '../strings/index.ts';
import type { Mode } from '../types.ts';
import { h, icon } from './dom.ts';

/** A switch for where to search, and one sentence on what that means. */
export class ModeSwitch {
  readonly #labels = { device: h('span'), network: h('span', { id: 'network' }) };
  readonly #halves = { device: this.#half('device'), network: this.#half('network') };
  readonly #button = h(
    'button',
    {
      type: 'button',
      class: 'switch',
      part: 'mode-switch',
      role: 'switch',
      'aria-labelledby': 'network',
      'aria-describedby': 'means',
    },
    this.#halves.device,
    this.#halves.network,
  );
  readonly #sentence = h('p', { class: 'means', part: 'mode-sentence', id: 'means' });
  readonly element = h('div', { class: 'mode', part: 'mode' }, this.#button, this.#sentence);
  #mode: Mode = 'device';

  constructor(onMode: (mode: Mode) => void) {
    this.#button.addEventListener('click', () => onMode(this.#mode === 'device' ? 'network' : 'device'));
  }

  update(strings: Strings, mode: Mode, canSwitch: boolean): void {
    this.#mode = mode;
    this.#button.hidden = !canSwitch;
    this.#button.setAttribute('aria-checked', `${mode === 'network'}`);
    this.#button.title = strings.where;
    for (const name of ['device', 'network'] as const) {
      this.#labels[name].textContent = strings[name];
      this.#halves[name].classList.toggle('on', mode === name);
    }
    this.#sentence.textContent = mode === 'network' ? strings.networkMeans : strings.deviceMeans;
  }

  #half(mode: Mode): HTMLElement {
    return h('span', { class: 'half' }, icon(mode), this.#labels[mode]);
  }
}
