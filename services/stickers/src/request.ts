import { HttpError } from '@sotto/http';

/** The request of `POST /v1/search`. */
export interface SearchRequest {
  readonly q: string;
  readonly locale: string | undefined;
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly packs: readonly string[];
  /** The form of art: inside the JSON, or as bytes after it. */
  readonly art: 'json' | 'bytes';
}

export const LIMITS = {
  body: 16_384, // bytes
  characters: 128, // of a query
  bytes: 384, // of a query, in UTF-8
  results: 48, // a page
  packs: 16,
  text: 64, // characters of any other text
};
const DEFAULT_RESULTS = 24;
const MEMBERS = new Set(['q', 'locale', 'limit', 'cursor', 'packs', 'art']);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** @throws {HttpError} `bad-request` for anything but these members within their limits */
export function parseRequest(body: Uint8Array): SearchRequest {
  const json = parse(body);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new HttpError('bad-request');
  const asked = json as Record<string, unknown>;
  if (Object.keys(asked).some((name) => !MEMBERS.has(name))) throw new HttpError('bad-request');
  const { q, locale, limit = DEFAULT_RESULTS, cursor, packs = [], art = 'json' } = asked;
  if (typeof q !== 'string' || !isQuery(q)) throw new HttpError('bad-request');
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > LIMITS.results) {
    throw new HttpError('bad-request');
  }
  if (!Array.isArray(packs) || packs.length > LIMITS.packs) throw new HttpError('bad-request');
  if (art !== 'json' && art !== 'bytes') throw new HttpError('bad-request');
  return { q, locale: optional(locale), limit, cursor: optional(cursor), packs: packs.map(text), art };
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body)) as unknown;
  } catch {
    throw new HttpError('bad-request');
  }
}

/** Text of 128 UTF-16 units has no more characters, and no more than 384 bytes. Only longer text is counted. */
const isQuery = (q: string): boolean =>
  q.isWellFormed() &&
  (q.length <= LIMITS.characters ||
    (q.length <= 2 * LIMITS.characters &&
      Array.from(q).length <= LIMITS.characters &&
      encoder.encode(q).length <= LIMITS.bytes));

function text(value: unknown): string {
  if (typeof value !== 'string' || value.length > LIMITS.text) throw new HttpError('bad-request');
  return value;
}

const optional = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : text(value);
