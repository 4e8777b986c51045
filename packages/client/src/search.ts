import { fromUtf8, utf8, type Bytes } from '@sotto/wire';
import { ClientError } from './error.ts';
import type { RequestOptions, ServiceResponse } from './requests.ts';

export const STICKERS = 'stickers';
const MAX_CHARACTERS = 128;
const MAX_BYTES = 384;

/** A drawing: an SVG's text, or base64 of a WebP. */
export interface Art {
  readonly type: string;
  readonly data: string;
}

export interface Sticker {
  readonly id: string;
  readonly name: string;
  readonly emoji: string;
  readonly pack: string;
  /** The word that matched. */
  readonly matched: string | null;
  readonly art: Art;
}

export interface SearchPage {
  readonly results: readonly Sticker[];
  /** The cursor of the next page. */
  readonly next: string | null;
}

export interface SearchOptions extends RequestOptions {
  /** From the service's closed list; without it all languages are asked (privacy L12). */
  readonly locale?: string;
  readonly limit?: number;
  readonly cursor?: string;
  readonly packs?: readonly string[];
}

/** The body of a search. @throws {ClientError} `query-empty`, `query-too-long` */
export function encodeSearch(query: string, { locale, limit, cursor, packs }: SearchOptions): Bytes {
  const q = query.trim();
  if (q === '') throw new ClientError('query-empty');
  if (Array.from(q).length > MAX_CHARACTERS || utf8(q).length > MAX_BYTES)
    throw new ClientError('query-too-long');
  return utf8(JSON.stringify({ q, locale, limit, cursor, packs }));
}

/** @throws {ClientError} `too-many-requests`, `service-refused`; `answer-unreadable` */
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

function sticker(value: unknown): Sticker {
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
