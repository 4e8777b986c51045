import type { SearchPage, SearchParameters } from '@sotto/sticker-search/types';
import { fromUtf8, utf8, type Bytes } from '@sotto/wire';
import { ClientError } from './error.ts';
import type { RequestOptions, ServiceResponse } from './requests.ts';

/** Name of the sticker service in the gateway's table. */
export const STICKERS = 'stickers';
const MAX_CHARACTERS = 128;
const MAX_BYTES = 384;

/** What a search may ask for, and how its request is made. */
export interface SearchOptions extends RequestOptions, SearchParameters {}

/** Encodes the body of a search request. @throws {ClientError} `query-empty`, `query-too-long` */
export function encodeSearch(query: string, { locale, limit, cursor, packs }: SearchOptions): Bytes {
  const q = query.trim();
  if (q === '') throw new ClientError('query-empty');
  if (Array.from(q).length > MAX_CHARACTERS || utf8(q).length > MAX_BYTES)
    throw new ClientError('query-too-long');
  return utf8(JSON.stringify({ q, locale, limit, cursor, packs }));
}

/** Decodes the response to a search. @throws {ClientError} `too-many-requests`, `service-refused`, `answer-unreadable` */
export function decodeSearch({ status, content }: ServiceResponse): SearchPage {
  if (status !== 200) throw new ClientError(status === 429 ? 'too-many-requests' : 'service-refused');
  try {
    const { results, next } = JSON.parse(fromUtf8(content)) as Record<string, unknown>;
    if (!Array.isArray(results)) throw new Error('results');
    return { results: results.map(sticker), next: typeof next === 'string' ? next : null };
  } catch {
    throw new ClientError('answer-unreadable');
  }
}

const ART = new Set(['image/svg+xml', 'image/webp']);

function sticker(value: unknown): SearchPage['results'][number] {
  const { id, name, emoji, pack, matched, art } = value as Record<string, unknown>;
  const { type, data } = art as Record<string, unknown>;
  if (!ART.has(text(type))) throw new Error('art');
  return {
    id: text(id),
    name: text(name),
    emoji: text(emoji),
    pack: text(pack),
    matched: matched === null || matched === undefined ? null : text(matched),
    art: { type: text(type), data: text(data) },
  };
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('not text');
  return value;
}
