import type { Art, SearchParameters as SearchOptions, Sticker } from '@sotto/sticker-search/types';
import type { Problem } from './problems.ts';

export type { Art, SearchOptions, Sticker };

/** Results of the device or of the network. */
export interface Page {
  readonly results: readonly Sticker[];
  readonly next: string | null;
}

/** The private network: a `Client` of @sotto/client fits. */
export interface SearchClient {
  search(query: string, options: SearchOptions & { readonly allowFresh?: boolean }): Promise<Page>;
  /** The same search again, by its user's wish, where an error came with an `attempt`. */
  retrySearch?(attempt: unknown): Promise<Page>;
}

export interface Group {
  readonly id: string; // an icon and a string are known for those of the string tables
  readonly name?: string;
  readonly stickers: readonly Sticker[];
}

type MaybePromise<T> = T | Promise<T>;

/**
 * Search on the device. Nothing it does may depend on the query in a way that a network can see:
 * art comes from what was downloaded whole, never by an id.
 */
export interface Device {
  search(query: string, options: SearchOptions): MaybePromise<readonly Sticker[] | Page>;
  art(id: string): MaybePromise<Art | null>;
  /** What to show before anything is typed. */
  groups?(locale: string): MaybePromise<readonly Group[]>;
}

export type Mode = 'device' | 'network';

/** `event.detail` of `sticker-select`. `emoji` and `art` bear the skin tone that the person chose. */
export interface StickerSelect {
  readonly id: string;
  readonly name: string;
  readonly emoji: string;
  readonly pack: string;
  readonly art: Art | null;
}

/** `event.detail` of `sticker-results`: that a search has ended, and never its words. */
export interface StickerResults {
  readonly from: Mode;
  readonly count: number;
  readonly problem: Problem | null;
}
