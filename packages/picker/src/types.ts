import type { Art, SearchParameters as SearchOptions, Sticker } from '@sotto/sticker-search/types';
import type { Problem } from './problems.ts';

export type { Art, SearchOptions, Sticker };

/** Results of the device or of the network. */
export interface Page {
  readonly results: readonly Sticker[];
  readonly next: string | null;
}

/** Searches the private network. A `Client` of @sotto/client fits. */
export interface SearchClient {
  search(query: string, options: SearchOptions & { readonly allowFresh?: boolean }): Promise<Page>;
  /** Repeats the search whose error has this `attempt`, when the user asks to try again. */
  retrySearch?(attempt: unknown): Promise<Page>;
}

/** A group of stickers with a tab of its own. */
export interface Group {
  readonly id: string; // the groups of the standard have an icon and a text of this name
  readonly name?: string;
  readonly stickers: readonly Sticker[];
}

type MaybePromise<T> = T | Promise<T>;

/**
 * Searches on the device. The requests of an implementation must not depend on the query or on what is seen:
 * art must come from files that are downloaded whole, never by its id.
 */
export interface Device {
  search(query: string, options: SearchOptions): MaybePromise<readonly Sticker[] | Page>;
  art(id: string): MaybePromise<Art | null>;
  /** What to show before anything is typed. */
  groups?(locale: string): MaybePromise<readonly Group[]>;
}

/** Where to search. */
export type Mode = 'device' | 'network';

/** `event.detail` of `sticker-select`. `emoji` and `art` have the person’s skin tone. */
export interface StickerSelect {
  readonly id: string;
  readonly name: string;
  readonly emoji: string;
  readonly pack: string;
  readonly art: Art | null;
}

/** `event.detail` of `sticker-results`: the end of a search, without its words. */
export interface StickerResults {
  readonly from: Mode;
  readonly count: number;
  readonly problem: Problem | null;
}
