import { Randomness } from './randomness.ts';

export const DAY = 86_400;
export const HOUR = 3600;
/** The first epoch of the simulation begins a period of seven. */
export const FIRST_EPOCH = 2856 * 7;

/**
 * The host of the client: an app that is open several times a day, or a page that is open only while someone
 * searches.
 */
export type Surface = 'messenger' | 'page';

/** One use of the app or the page. */
export interface Session {
  /** Seconds since 1970. */
  readonly at: number;
  /** When the person searches in it. */
  readonly searches: readonly number[];
}

const SESSION_SECONDS = 300;
/** Share of a person's sessions by local hour. */
const PROFILE = [1, 1, 0, 0, 0, 0, 1, 3, 5, 5, 5, 5, 6, 6, 5, 5, 5, 6, 7, 8, 8, 7, 5, 2];
const TOTAL = PROFILE.reduce((sum, n) => sum + n, 0);
const ZONES = [0, 8, 17]; // hours
const ABSENT_WEEKS = 0.04;
const SEARCHERS = 0.65;
const SEARCHES_A_DAY = 1.2; // of a device, over all of them
const SIGMA = 1; // of the logarithm of a searcher's rate

/** A person: on which days the app is used, and how much is searched. */
export class Person {
  readonly #random: Randomness;
  readonly #zone: number;
  readonly #presence: number;
  readonly #rate: number;
  #absentWeek = -1;

  constructor(random: Randomness) {
    this.#random = random;
    this.#zone = ZONES[random.below(ZONES.length)] ?? 0;
    this.#presence = Math.cbrt(random.unit()); // Beta(3, 1)
    const mean = SEARCHES_A_DAY / SEARCHERS / 0.72; // 0.72 of all days have a session
    this.#rate =
      random.unit() < SEARCHERS ? mean * Math.exp(SIGMA * random.normal() - (SIGMA * SIGMA) / 2) : 0;
  }

  /** The sessions of a day, in order. */
  day(epoch: number, surface: Surface): Session[] {
    const random = this.#random;
    if (epoch % 7 === 0) this.#absentWeek = random.unit() < ABSENT_WEEKS ? Math.floor(epoch / 7) : -1;
    const isPresent = random.unit() < this.#presence && this.#absentWeek !== Math.floor(epoch / 7);
    if (!isPresent) return [];
    const starts = Array.from({ length: 1 + random.poisson(6) }, () => this.#time(epoch)).toSorted(
      (a, b) => a - b,
    );
    const searches = starts.map((): number[] => []);
    for (let i = random.poisson(this.#rate); i > 0; i--) {
      const session = random.below(starts.length);
      searches[session]?.push((starts[session] ?? 0) + 30 + random.below(SESSION_SECONDS - 30));
    }
    return starts
      .map((at, i) => ({ at, searches: (searches[i] ?? []).toSorted((a, b) => a - b) }))
      .filter((session) => surface === 'messenger' || session.searches.length > 0);
  }

  #time(epoch: number): number {
    const random = this.#random;
    let left = random.below(TOTAL);
    let hour = 0;
    while (left >= (PROFILE[hour] ?? 0)) left -= PROFILE[hour++] ?? 0;
    return epoch * DAY + ((hour + this.#zone) % 24) * HOUR + random.below(HOUR - SESSION_SECONDS);
  }
}
