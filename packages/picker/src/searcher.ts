import { searchBox, type SearchBox, type SearchBoxOptions } from '@sotto/client/search-box';
import { problemOf, type Problem } from './problems.ts';
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
    const nothing = { query, stickers: [], from: 'device', next: null, busy: false, final: false } as const;
    this.#show({ ...nothing, problem: null }); // at once, so that Enter finds a question
    if (network) this.#box.typed(query);
    const page = await this.#onDevice(query);
    if (turn !== this.#turn) return;
    if (network) this.#suggest(page);
    else if (page !== null) this.#show(answered(query, page, 'device'));
    else this.#show({ ...nothing, final: true, problem: this.#deps.device() === null ? 'absent' : 'other' });
  }

  /**
   * Enter, or asking again: the user's own act. True if there was something to ask.
   *
   * @param fresh - the user consents to spending a token that has not rested (privacy L6)
   */
  submitted(fresh = false): boolean {
    const outcome = this.#outcome;
    if (outcome === null || outcome.busy || (outcome.final && outcome.problem === null)) return false;
    if (this.#deps.mode() === 'device') {
      void this.again();
      return true;
    }
    this.#show({ ...outcome, busy: true, problem: null });
    this.#fresh = fresh;
    this.#box.submitted(outcome.query);
    return true;
  }

  async more(): Promise<void> {
    const outcome = this.#outcome;
    if (outcome === null || outcome.next === null || outcome.busy) return;
    const turn = this.#turn;
    this.#show({ ...outcome, busy: true });
    try {
      const from = outcome.from === 'device' ? this.#deps.device() : this.#deps.client();
      const options = { ...this.#deps.options(outcome.from), cursor: outcome.next };
      const page = asPage(await from?.search(outcome.query, options));
      const results = [...outcome.stickers, ...page.results];
      if (outcome.from === 'network') this.#remember(outcome.query, { ...page, results });
      if (turn === this.#turn) this.#show({ ...outcome, stickers: results, next: page.next });
    } catch (error) {
      if (turn === this.#turn) this.#show({ ...outcome, problem: problemOf(error) });
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
    const before = this.#outcome ?? { query, stickers: [], from: 'device', next: null };
    this.#show({ ...before, query, busy: true, final: false, problem: null });
    try {
      const page = await this.#request(query);
      if (current()) this.#remember(query, page);
      if (wanted()) this.#show(answered(query, page, 'network'));
    } catch (error) {
      if (wanted() && this.#outcome !== null) {
        this.#attempt = (error as { attempt?: unknown } | null)?.attempt ?? null;
        this.#show({ ...this.#outcome, busy: false, final: true, problem: problemOf(error) });
      }
      throw error;
    }
  }

  async #request(query: string): Promise<Page> {
    const client = this.#deps.client();
    if (client === null) throw Object.assign(new Error('no client'), { code: 'config' });
    const attempt = this.#attempt;
    this.#attempt = null;
    if (attempt !== null && client.retrySearch) return asPage(await client.retrySearch(attempt));
    const fresh = this.#fresh ? { allowFresh: true } : {};
    return asPage(await client.search(query, { ...this.#deps.options('network'), ...fresh }));
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
});
