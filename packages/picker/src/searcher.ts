import { searchBox, type SearchBox, type SearchBoxOptions } from '@sotto/client/search-box';
import { problemOf, untilOf, type Problem } from './problems.ts';
import type { Device, Mode, Page, SearchClient, SearchOptions, Sticker } from './types.ts';

const DEVICE_PAGE = 64; // results
const REMEMBERED = 16; // answers, in memory, so that going back asks nothing

/** What stands on the grid for a query. */
export interface Outcome {
  readonly query: string;
  readonly stickers: readonly Sticker[];
  readonly from: Mode;
  readonly next: string | null;
  /** The network is being asked. */
  readonly busy: boolean;
  /** False while these are the device's suggestions and the network can still be asked. */
  readonly final: boolean;
  readonly problem: Problem | null;
  /** When it will be better, where that is known. */
  readonly until: number | null; // seconds since 1970
}

export interface SearcherDeps extends Pick<SearchBoxOptions, 'now' | 'after'> {
  readonly device: () => Device | null;
  readonly client: () => SearchClient | null;
  readonly mode: () => Mode;
  /** The locale and packs for each way; the network is told less. */
  readonly options: (mode: Mode) => SearchOptions;
  /** Null when nothing is searched for. */
  readonly show: (outcome: Outcome | null) => void;
}

/** One search box's searches: suggestions from the device, answers from it or from the network. */
export class Searcher {
  readonly #deps: SearcherDeps;
  #box: SearchBox;
  readonly #answers = new Map<string, Page>();
  #outcome: Outcome | null = null;
  #attempt: unknown = null; // of the failure in sight: asking again repeats it and no other
  #fresh = false;
  #turn = 0; // rises when the query changes: what belongs to an older turn comes too late

  constructor(deps: SearcherDeps) {
    this.#deps = deps;
    this.#box = this.#newBox();
  }

  get outcome(): Outcome | null {
    return this.#outcome;
  }

  async typed(text: string): Promise<void> {
    const query = text.trim();
    if (query === this.#outcome?.query) return;
    const turn = ++this.#turn;
    this.#attempt = null;
    this.#fresh = false;
    this.#box.stop();
    if (query === '') return this.#show(null);
    const network = this.#deps.mode() === 'network';
    const answer = network ? this.#answers.get(query) : undefined;
    if (answer !== undefined) return this.#show(answered(query, answer, 'network'));
    const nothing: Outcome = { ...answered(query, { results: [], next: null }, 'device'), final: false };
    this.#show(nothing); // at once, so that Enter finds a question
    if (network) this.#box.typed(query);
    const page = await this.#onDevice(query);
    if (turn !== this.#turn) return;
    if (network) this.#suggest(page);
    else if (page !== null) this.#show(answered(query, page, 'device'));
    else this.#show({ ...nothing, final: true, problem: this.#deps.device() === null ? 'missing' : 'other' });
  }

  /**
   * Enter, or asking again: the user's own act. True if there was something to ask.
   *
   * @param fresh - the user consents to spending a token that has not rested (privacy L6)
   */
  submitted(fresh = false): boolean {
    const outcome = this.#outcome;
    if (outcome === null || outcome.busy || (outcome.final && outcome.problem === null)) return false;
    if (this.#deps.mode() === 'device' && outcome.next === null) {
      void this.again();
      return true;
    }
    if (outcome.next !== null) {
      void this.more(fresh);
      return true;
    }
    this.#show({ ...outcome, busy: true, problem: null });
    this.#fresh = fresh;
    this.#box.submitted(outcome.query);
    return true;
  }

  /** The next page, and again after it failed. */
  async more(fresh = false): Promise<void> {
    const outcome = this.#outcome;
    if (outcome === null || outcome.next === null || outcome.busy) return;
    const turn = this.#turn;
    const { query, from, next: cursor } = outcome;
    this.#show({ ...outcome, busy: true, problem: null });
    try {
      const options = { ...this.#deps.options('device'), cursor };
      const page =
        from === 'network'
          ? await this.#request(query, fresh, { cursor })
          : asPage(await this.#deps.device()?.search(query, options));
      const results = [...outcome.stickers, ...page.results];
      if (from === 'network') this.#remember(query, { ...page, results });
      if (turn === this.#turn) this.#show(answered(query, { ...page, results }, from));
    } catch (error) {
      if (turn === this.#turn) this.#failed(outcome, error);
    }
  }

  /** After a change of mode, locale, packs, device or client. */
  async again(forget = false): Promise<void> {
    if (forget) {
      this.#answers.clear();
      this.#box.stop();
      this.#box = this.#newBox(); // the same words may now be another question
    }
    const query = this.#outcome?.query ?? '';
    this.#outcome = null;
    await this.typed(query);
  }

  stop(): void {
    this.#box.stop();
    this.#turn++;
    if (this.#outcome !== null) this.#outcome = { ...this.#outcome, busy: false };
  }

  async #onDevice(query: string): Promise<Page | null> {
    try {
      const found = await this.#deps
        .device()
        ?.search(query, { limit: DEVICE_PAGE, ...this.#deps.options('device') });
      return found === undefined ? null : asPage(found);
    } catch {
      return null;
    }
  }

  /** The network may have failed meanwhile, or answered: then no suggestion is needed. */
  #suggest(page: Page | null): void {
    const outcome = this.#outcome;
    if (page === null || outcome === null || outcome.from === 'network') return;
    this.#show({ ...outcome, stickers: page.results });
  }

  #newBox(): SearchBox {
    const box = searchBox({
      now: this.#deps.now,
      after: this.#deps.after,
      search: (query) => this.#ask(query, () => box === this.#box),
    });
    return box;
  }

  /** Asks the network and shows its answer, if it is still the question. Rejects when there is none. */
  async #ask(query: string, current: () => boolean): Promise<void> {
    const wanted = (): boolean =>
      current() && this.#outcome?.query === query && this.#deps.mode() === 'network';
    const before = this.#outcome ?? answered(query, { results: [], next: null }, 'device');
    this.#show({ ...before, query, busy: true, final: false, problem: null });
    try {
      const page = await this.#request(query, this.#fresh);
      if (current()) this.#remember(query, page);
      if (wanted()) this.#show(answered(query, page, 'network'));
    } catch (error) {
      if (wanted() && this.#outcome !== null) this.#failed(this.#outcome, error);
      throw error;
    }
  }

  #failed(outcome: Outcome, error: unknown): void {
    this.#attempt = (error as { attempt?: unknown } | null)?.attempt ?? null;
    const problem = problemOf(error);
    this.#show({ ...outcome, busy: false, final: true, problem, until: untilOf(error) });
  }

  async #request(query: string, fresh: boolean, page: SearchOptions = {}): Promise<Page> {
    const client = this.#deps.client();
    if (client === null) throw Object.assign(new Error('no client'), { code: 'config' });
    const attempt = this.#attempt;
    this.#attempt = null;
    if (attempt !== null && client.retrySearch) return asPage(await client.retrySearch(attempt));
    const options = { ...this.#deps.options('network'), ...page, ...(fresh && { allowFresh: true }) };
    return asPage(await client.search(query, options));
  }

  #remember(query: string, page: Page): void {
    this.#answers.set(query, page);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > REMEMBERED && oldest !== undefined) this.#answers.delete(oldest);
  }

  #show(outcome: Outcome | null): void {
    this.#outcome = outcome;
    this.#deps.show(outcome);
  }
}

function asPage(found: readonly Sticker[] | Page | undefined): Page {
  if (found === undefined) return { results: [], next: null };
  return 'results' in found ? found : { results: found, next: null };
}

const answered = (query: string, { results, next }: Page, from: Mode): Outcome => ({
  query,
  stickers: results,
  from,
  next,
  busy: false,
  final: true,
  problem: null,
  until: null,
});
