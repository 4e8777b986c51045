import { $, make } from './dom.ts';
import type { PartyName, TapReport } from './local.ts';

const HOP_MS = 260;
const PATH: readonly PartyName[] = ['relay', 'gateway', 'stickers'];

/** The envelope that travels along the rows of the picture. It is decoration: rows show what they know without it. */
export class Envelope {
  readonly #element = make('span', 'envelope');
  #at = 'person';

  constructor() {
    this.#element.setAttribute('aria-hidden', 'true');
    $('.exchange').append(this.#element);
  }

  /** A search begins: the envelope leaves for the relay. */
  leave(): void {
    this.#element.classList.add('sealed');
    this.#travel(['person', 'relay']);
  }

  /** A search ended: the envelope visits the parties that it reached, and comes back. */
  arrive(report: TapReport): void {
    const reached = PATH.filter((party) => report[party] !== undefined);
    const there = reached.length > 0 ? [this.#at, ...reached] : [this.#at];
    this.#travel([...there, ...reached.toReversed().slice(1), 'person']);
  }

  #travel(stops: readonly string[]): void {
    this.#at = stops.at(-1) ?? 'person';
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const top = $('.exchange').getBoundingClientRect().top;
    const frames = stops.map((stop) => {
      const { top: y, height } = $(`[data-party=${stop}]`).getBoundingClientRect();
      return { transform: `translateY(${y - top + height / 2 - 8}px)`, opacity: 1 };
    });
    const last = frames.at(-1);
    if (last !== undefined && this.#at === 'person') frames.push({ ...last, opacity: 0 });
    for (const animation of this.#element.getAnimations()) animation.cancel();
    this.#element.animate(frames, {
      duration: HOP_MS * frames.length,
      easing: 'ease-in-out',
      fill: 'forwards',
    });
  }
}
