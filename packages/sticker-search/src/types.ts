/** A sticker's picture. */
export interface Art {
  readonly type: string; // media type: image/svg+xml or image/webp
  /** The text of an SVG, or base64 for the other types. */
  readonly data: string;
}

/** One sticker that a search found. */
export interface Sticker {
  /** Derived from the art and its pack: 12 characters of base64url. */
  readonly id: string;
  /** In the language of the search; in English where that language has no name for it. */
  readonly name: string;
  /** Empty for artwork that is not an emoji. */
  readonly emoji: string;
  readonly pack: string;
  /** The name or keyword that matched; the emoji, where that was the query. Absent outside of a search. */
  readonly matched?: string | null;
  /** Present in a response of the service. On the device, art is read from the catalogue by id. */
  readonly art?: Art;
}

/** A response of `POST /v1/search`. */
export interface SearchPage {
  readonly results: readonly (Sticker & { readonly art: Art })[];
  /**
   * How many of the first results have every word of the query, the last one perhaps as a prefix. The others
   * are near matches. Typing on in the last word gives a subset of them.
   */
  readonly strict?: number;
  /** The cursor of the next page; null on the last one. */
  readonly next: string | null;
}

/** The options of a search. */
export interface SearchParameters {
  /** BCP 47. A language without an index is searched in English; without a locale, all languages are searched. */
  readonly locale?: string;
  /** Most results of one page. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
  /** Ids of packs to search; all packs when left out or empty. */
  readonly packs?: readonly string[];
}
