/** No request before a pause this long (privacy: the rhythm of keys tells what is typed). */
export const IDLE_MS = 600;
/** Nor for fewer characters than this, unless submitted. */
export const MIN_CHARACTERS = 2;
/** Two requests of which one begins with the other are at least this far apart, unless both were submitted. */
export const APART_MS = 3000;

export interface PacerDeps {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly after: (ms: number, run: () => void) => () => void;
  readonly ask: (query: string) => void;
}

interface Asked {
  readonly query: string;
  readonly at: number;
  readonly submitted: boolean;
}

/**
 * Decides when the network may be asked: on submit, or once somebody stops typing. A request a key would
 * spell a word out by its lengths and its rhythm, and would tie the requests of one person together.
 */
export class Pacer {
  readonly #deps: PacerDeps;
  #last: Asked | null = null;
  #cancel: () => void = () => {};

  constructor(deps: PacerDeps) {
    this.#deps = deps;
  }

  typed(query: string): void {
    this.#cancel();
    if (Array.from(query).length < MIN_CHARACTERS) return;
    this.#schedule(query, false, IDLE_MS);
  }

  submitted(query: string): void {
    this.#cancel();
    if (query !== '') this.#schedule(query, true, 0);
  }

  stop(): void {
    this.#cancel();
  }

  #schedule(query: string, submitted: boolean, delay: number): void {
    const wait = Math.max(delay, this.#wait(query, submitted));
    const ask = (): void => {
      this.#last = { query, at: this.#deps.now(), submitted };
      this.#deps.ask(query);
    };
    if (wait <= 0) ask();
    else this.#cancel = this.#deps.after(wait, ask);
  }

  #wait(query: string, submitted: boolean): number {
    const last = this.#last;
    if (last === null || (submitted && last.submitted)) return 0;
    const adjacent = query.startsWith(last.query) || last.query.startsWith(query);
    return adjacent ? last.at + APART_MS - this.#deps.now() : 0;
  }
}
