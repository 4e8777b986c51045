import { HttpError } from '@sotto/http';
import type { Catalogue } from './catalogue.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type Results, SearchError, type Sticker } from './engine/index.ts';
import type { SearchRequest } from './request.ts';

/** Smallest page that holds any one sticker: 8 KB of WebP in base64, and its words. */
export const SMALLEST_PAGE = 16_384; // bytes
const OPEN = '{"results":[';
const CLOSE = 64; // bytes that `],"next":"…"}` may take

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * One page of results, as JSON text: as many of `limit` as fit into `pageBytes`. What does not fit is on
 * the next page, so the answer to no query is longer than that to another.
 *
 * @throws {HttpError} `bad-request` for a locale, pack or cursor that is none, `unavailable` when the
 *   catalogue cannot be read
 */
export function searchPage(catalogue: Catalogue, request: SearchRequest, pageBytes: number): string {
  const found = lookUp(catalogue, request);
  const start = request.cursor === undefined ? 0 : decodeCursor(request, request.cursor);
  if (start > 0 && start >= found.total) throw new HttpError('bad-request');
  const end = Math.min(found.total, start + request.limit);
  const rows: string[] = [];
  let room = pageBytes - OPEN.length - CLOSE;
  let at = start;
  for (; at < end; at++) {
    const { art, ...sticker } = found.at(at);
    const row = JSON.stringify({ ...sticker, art: artOf(catalogue, art) });
    const bytes = encoder.encode(row).length + 1;
    if (bytes > room) break;
    room -= bytes;
    rows.push(row);
  }
  const next = at < found.total ? JSON.stringify(encodeCursor(request, at)) : 'null';
  return `${OPEN}${rows.join(',')}],"next":${next}}`;
}

function lookUp({ search }: Catalogue, { q, locale, packs }: SearchRequest): Results {
  try {
    return search.results(q, { packs, ...(locale === undefined ? {} : { locale }) });
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
    throw new HttpError(error.code === 'corrupt-index' ? 'unavailable' : 'bad-request');
  }
}

function artOf({ art }: Catalogue, { type, offset, length }: Sticker['art']): { type: string; data: string } {
  const bytes = art.subarray(offset, offset + length);
  if (type === 'image/svg+xml') return { type, data: decoder.decode(bytes) };
  return { type, data: btoa(String.fromCharCode(...bytes)) };
}
