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

/** A group of stickers with its own tab. */
export interface Group {
  readonly id: string; // the standard groups (UTS #51) have an icon and a text of this name
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
  /**
   * A sticker of the catalogue in every skin tone, art inside: light to dark, then those of two people. Empty if it has
   * none. What is loaded for it must be the same for every sticker and tone.
   */
  tones?(id: string): MaybePromise<readonly Sticker[]>;
  /**
   * The groups with few stickers, art inside, to show while `groups` loads. They must be the same for everyone. Null
   * if there are none.
   */
  first?(locale: string): MaybePromise<readonly Group[] | null>;
  /** What to show before anything is typed. */
  groups?(locale: string): MaybePromise<readonly Group[]>;
}

/** A sticker that the page adds at run time, or that the person added on this device. */
export interface CustomSticker {
  readonly id: string;
  readonly name: string;
  readonly art: Art;
  readonly emoji?: string;
  /** More words that search finds it by. */
  readonly keywords?: readonly string[];
  /** The name of its group. Without one it is in the group “Custom”. */
  readonly group?: string;
}

/** Stickers that the person added together. */
export interface PersonalPack {
  readonly id: string;
  readonly name: string;
  readonly stickers: readonly CustomSticker[];
}

/** Where the person's own packs are stored on this device. `personalPacks` of @sotto/picker/packs makes one. */
export interface PersonalPacks {
  list(): Promise<readonly PersonalPack[]>;
  add(files: readonly File[]): Promise<PersonalPack>;
  remove(id: string): Promise<void>;
}

/** Where to search. */
export type Mode = 'device' | 'network';

/** `event.detail` of `sticker-select`. `emoji` and `art` have the person’s skin tone. */
export interface StickerSelect {
  /** Of the sticker; the same for everyone. */
  readonly id: string;
  /** In the language of the picker. */
  readonly name: string;
  /** Empty for artwork that is not an emoji. */
  readonly emoji: string;
  /** The id of its pack. */
  readonly pack: string;
  /** Its picture, as `{ type, data }`; null if it cannot be loaded. */
  readonly art: Art | null;
}

/** `event.detail` of `sticker-results`: the end of a search, without its words. */
export interface StickerResults {
  /** Where the search ran. */
  readonly from: Mode;
  /** How many stickers it found. */
  readonly count: number;
  /** The name of the text that the picker shows; null if the search succeeded. */
  readonly problem: Problem | null;
}
