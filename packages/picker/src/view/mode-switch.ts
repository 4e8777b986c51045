import type { Strings } from '../strings/index.ts';
import type { Mode } from '../types.ts';
import { h, icon } from './dom.ts';

export interface ModeSwitch {
  readonly element: HTMLElement;
  update(strings: Strings, mode: Mode, both: boolean): void;
}

/** Where search happens, as a switch, and one sentence on what that means. */
export function modeSwitch(chosen: (mode: Mode) => void): ModeSwitch {
  const words = { device: h('span'), network: h('span', { id: 'network' }) };
  const half = (mode: Mode): HTMLElement => h('span', { class: 'half' }, icon(mode), words[mode]);
  const halves = { device: half('device'), network: half('network') };
  const button = h(
    'button',
    {
      type: 'button',
      class: 'switch',
      part: 'mode-switch',
      role: 'switch',
      'aria-labelledby': 'network',
      'aria-describedby': 'means',
    },
    halves.device,
    halves.network,
  );
  const means = h('p', { class: 'means', part: 'mode-sentence', id: 'means' });
  const element = h('div', { class: 'mode', part: 'mode' }, button, means);
  let current: Mode = 'device';
  button.addEventListener('click', () => chosen(current === 'device' ? 'network' : 'device'));
  return {
    element,
    update(strings, mode, both) {
      current = mode;
      button.hidden = !both;
      button.setAttribute('aria-checked', `${mode === 'network'}`);
      button.title = strings.where;
      words.device.textContent = strings.device;
      words.network.textContent = strings.network;
      halves.device.classList.toggle('on', mode === 'device');
      halves.network.classList.toggle('on', mode === 'network');
      means.textContent = mode === 'network' ? strings.networkMeans : strings.deviceMeans;
    },
  };
}
