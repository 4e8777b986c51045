import { parseLocale } from '@sotto/sticker-search/platform-locale';
import { decodeStickerPage } from '@sotto/sticker-search/response';
import type { Art, SearchPage, SearchParameters } from '@sotto/sticker-search/types';
import { base64, fromUtf8, utf8, type Bytes } from '@sotto/wire';
import { ClientError } from './error.ts';
import type { RequestOptions, ServiceResponse } from './requests.ts';

/** Name of the sticker service in the gateway's table. */
export const STICKERS = 'stickers';
const MAX_CHARACTERS = 128;
const MAX_BYTES = 384;
const MAX_RESULTS = 48; // per page
const MAX_PACKS = 16;
const MAX_TEXT = 64; // characters of a cursor or a pack

/** The options of a search, and how its request is made. */
export interface SearchOptions extends RequestOptions, SearchParameters {}

/**
 * Encodes the body of a search request. Everything that the service would refuse is refused here, before a token is used.
 * A locale in any form that a platform uses is normalized; one that names no language is left out.
 *
 * @throws {ClientError} `query-empty`, `query-too-long`; `config` for an option out of its range
 */
export function encodeSearch(query: string, options: SearchOptions): Bytes {
  checkOptions(options);
  const { limit, cursor, packs } = options;
  const locale = parseLocale(options.locale ?? '') ?? undefined;
  const q = fromUtf8(utf8(query)).trim(); // an unpaired surrogate becomes U+FFFD

  if (q === '') throw new ClientError('query-empty');
  if (Array.from(q).length > MAX_CHARACTERS || utf8(q).length > MAX_BYTES)
    throw new ClientError('query-too-long');
  return utf8(JSON.stringify({ q, locale, limit, cursor, packs, art: 'bytes' }));
}

function checkOptions({ limit, cursor, packs = [] }: SearchOptions): void {
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= MAX_RESULTS)) {
    throw new ClientError('config', {
      detail: `Option limit must be a whole number from 1 to ${MAX_RESULTS}.`,
    });
  }
  const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= MAX_TEXT;
  if (cursor !== undefined && !isText(cursor)) {
    throw new ClientError('config', { detail: 'Option cursor must be the next of an earlier page.' });
  }
  if (packs.length > MAX_PACKS || !packs.every(isText)) {
    throw new ClientError('config', {
      detail: `Option packs must be a list of at most ${MAX_PACKS} pack ids.`,
    });
  }
}

/** Decodes the response to a search. @throws {ClientError} `too-many-requests`, `service-refused`, `answer-unreadable` */
export function decodeSearch({ status, content }: ServiceResponse): SearchPage {
  if (status !== 200) throw new ClientError(status === 429 ? 'too-many-requests' : 'service-refused');
  try {
    const { page, images } = decodeStickerPage(content);
    const { results, next } = JSON.parse(fromUtf8(page)) as Record<string, unknown>;
    if (!Array.isArray(results) || results.length !== images.length) throw new Error('results');
    return {
      results: images.map((image, i) => sticker(results[i], image)),
      next: typeof next === 'string' ? next : null,
    };
  } catch {
    throw new ClientError('answer-unreadable');
  }
}

function sticker(value: unknown, image: Uint8Array): SearchPage['results'][number] {
  const { id, name, emoji, pack, matched = null, art } = value as Record<string, unknown>;
  return {
    id: text(id),
    name: text(name),
    emoji: text(emoji),
    pack: text(pack),
    matched: matched === null ? null : text(matched),
    art: artOf((art as Record<string, unknown>)['type'], image),
  };
}

function artOf(type: unknown, image: Uint8Array): Art {
  if (type === 'image/svg+xml') return { type, data: fromUtf8(image) };
  if (type === 'image/webp') return { type, data: base64(image) };
  throw new Error('art');
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('not text');
  return value;
}
