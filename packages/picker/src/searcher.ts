import { searchBox, type SearchBox, type SearchBoxOptions } from '@sotto/client/search-box';
import { problemOf, untilOf, type Problem } from './problems.ts';
import { isSticker } from './sticker.ts';
import type { Device, Mode, Page, SearchClient, SearchOptions, Sticker } from './types.ts';

const DEVICE_PAGE = 64; // results
const CACHED_QUERIES = 16; // responses kept in memory, so that going back to a query sends nothing

/** The search that the picker shows. */
export interface SearchState {
  readonly query: string;
  readonly stickers: readonly Sticker[];
  readonly from: Mode;
  readonly next: string | null; // cursor of the next page
  /** A request to the network is in progress. */
  readonly busy: boolean;
  /** False while the stickers are the device's suggestions and the network can still be searched. */
  readonly final: boolean;
  readonly problem: Problem | null;
  /** From when on it can work again, where that is known. */
  readonly until: number | null; // seconds since 1970
}

export interface SearcherDeps extends Pick<SearchBoxOptions, 'now' | 'after'> {
  readonly device: () => Device | null;
  readonly client: () => SearchClient | null;
  readonly mode: () => Mode;
  /** The locale and packs for a search in this mode: less for one over the network. */
  readonly options: (mode: Mode) => SearchOptions;
  /** Stickers that only this page knows. They come before the results of the device and of the network. */
  readonly local: (query: string) => readonly Sticker[];
  /** Null when nothing is searched for. */
  readonly show: (state: SearchState | null) => void;
}

/** The searches of one search box: suggestions from the device, results from it or from the network. */
export class Searcher {
  readonly #deps: SearcherDeps;
  #box: SearchBox;
  readonly #cache = new Map<string, Page>();
  #state: SearchState | null = null;
  #attempt: unknown = null; // of the failure that is shown; a retry repeats this attempt
  #fresh = false;
  #paused = false;
  #turn = 0; // rises when the query changes; results of an older turn are dropped

  constructor(deps: SearcherDeps) {
    this.#deps = deps;
    this.#box = this.#newBox();
  }

  get state(): SearchState | null {
    return this.#state;
  }

  /** The text of the search box changed. */
  async type(text: string): Promise<void> {
    const query = text.trim();
    if (query === this.#state?.query) return this.#resume(query);
    this.#paused = false;
    const turn = ++this.#turn;
    this.#attempt = null;
    this.#fresh = false;
    this.#box.stop();
    if (query === '') return this.#show(null);
    const network = this.#deps.mode() === 'network';
    const cached = network ? this.#cache.get(query) : undefined;
    if (cached !== undefined) return this.#show(finished(query, cached, 'network'));
    const local = this.#deps.local(query);
    const pending: SearchState = {
      ...finished(query, { results: local, next: null }, 'device'),
      final: false,
    };
    this.#show(pending); // before the device responds, so that Enter already has a query
    if (network) this.#box.typed(query);
    const page = await this.#searchDevice(query);
    if (turn !== this.#turn) return;
    if (network) this.#suggest(page);
    else if (page !== null) this.#show(finished(query, page, 'device'));
    else if (local.length > 0) this.#show({ ...pending, final: true });
    else {
      const problem = this.#deps.device() === null ? 'missing' : 'other';
      this.#show({ ...pending, final: true, problem });
    }
  }

  /**
   * The user pressed Enter or asked to try again. Returns true if there was something to search.
   *
   * @param fresh - the user consents to spending a token that has not rested (privacy L6)
   */
  submit(fresh = false): boolean {
    const state = this.#state;
    if (state === null || state.busy || (state.final && state.problem === null)) return false;
    if (state.next !== null) void this.more(fresh);
    else if (this.#deps.mode() === 'device') void this.restart();
    else {
      this.#show({ ...state, busy: true, problem: null });
      this.#fresh = fresh;
      this.#box.submitted(state.query);
    }
    return true;
  }

  /** Fetches the next page, or fetches it again after it failed. */
  async more(fresh = false): Promise<void> {
    const state = this.#state;
    if (state === null || state.next === null || state.busy) return;
    const turn = this.#turn;
    const { query, from, next: cursor } = state;
    this.#show({ ...state, busy: true, problem: null });
    try {
      const options = { ...this.#deps.options('device'), cursor };
      const page =
        from === 'network'
          ? await this.#request(query, fresh, { cursor })
          : asPage(await this.#deps.device()?.search(query, options));
      const results = [...state.stickers, ...page.results];
      if (from === 'network') this.#addToCache(query, { ...page, results });
      if (turn === this.#turn) this.#show(finished(query, { ...page, results }, from));
    } catch (error) {
      if (turn === this.#turn) this.#fail(state, error);
    }
  }

  /**
   * Runs the current search again after a change of mode, device, client, locale or packs.
   *
   * @param clearCache - the same query can now have another response
   */
  async restart(clearCache = false): Promise<void> {
    if (clearCache) {
      this.#cache.clear();
      this.#box.stop();
      this.#box = this.#newBox();
    }
    const query = this.#state?.query ?? '';
    this.#state = null;
    await this.type(query);
  }

  /** The text is being composed: nothing is sent until it is typed. */
  pause(): void {
    if (this.#state === null || this.#state.final || this.#state.busy) return;
    this.#box.stop();
    this.#paused = true;
  }

  stop(): void {
    this.#box.stop();
    this.#turn++;
    if (this.#state !== null) this.#state = { ...this.#state, busy: false };
  }

  /** The composition ended and left the query as it was. */
  #resume(query: string): void {
    if (this.#paused && this.#deps.mode() === 'network') this.#box.typed(query);
    this.#paused = false;
  }

  async #searchDevice(query: string): Promise<Page | null> {
    try {
      const options = { limit: DEVICE_PAGE, ...this.#deps.options('device') };
      const response = await this.#deps.device()?.search(query, options);
      return response === undefined ? null : this.#withLocal(query, asPage(response));
    } catch {
      return null;
    }
  }

  #withLocal(query: string, page: Page): Page {
    return { ...page, results: [...this.#deps.local(query), ...page.results] };
  }

  /** Shows the device's suggestions, unless the network has responded meanwhile. */
  #suggest(page: Page | null): void {
    const state = this.#state;
    if (page === null || state === null || state.from === 'network') return;
    this.#show({ ...state, stickers: page.results });
  }

  #newBox(): SearchBox {
    const box = searchBox({
      now: this.#deps.now,
      after: this.#deps.after,
      search: (query) => this.#searchNetwork(query, () => box === this.#box),
    });
    return box;
  }

  /** Shows the network's response if its query is still the current one. Rejects when the request fails. */
  async #searchNetwork(query: string, isCurrentBox: () => boolean): Promise<void> {
    const isWanted = (): boolean =>
      isCurrentBox() && this.#state?.query === query && this.#deps.mode() === 'network';
    const before = this.#state ?? finished(query, { results: [], next: null }, 'device');
    this.#show({ ...before, query, busy: true, final: false, problem: null });
    try {
      const page = this.#withLocal(query, await this.#request(query, this.#fresh));
      if (isCurrentBox()) this.#addToCache(query, page);
      if (isWanted()) this.#show(finished(query, page, 'network'));
    } catch (error) {
      if (isWanted() && this.#state !== null) this.#fail(this.#state, error);
      throw error;
    }
  }

  #fail(state: SearchState, error: unknown): void {
    this.#attempt = (error as { attempt?: unknown } | null)?.attempt ?? null;
    const problem = problemOf(error);
    this.#show({ ...state, busy: false, final: true, problem, until: untilOf(error) });
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

  #addToCache(query: string, page: Page): void {
    this.#cache.set(query, page);
    const [oldest] = this.#cache.keys();
    if (this.#cache.size > CACHED_QUERIES && oldest !== undefined) this.#cache.delete(oldest);
  }

  #show(state: SearchState | null): void {
    this.#state = state;
    this.#deps.show(state);
  }
}

function asPage(response: readonly Sticker[] | Page | undefined): Page {
  if (response === undefined) return { results: [], next: null };
  const { results, next } = 'results' in response ? response : { results: response, next: null };
  return { results: results.filter(isSticker), next };
}

const finished = (query: string, { results, next }: Page, from: Mode): SearchState => ({
  query,
  stickers: results,
  from,
  next,
  busy: false,
  final: true,
  problem: null,
  until: null,
});
