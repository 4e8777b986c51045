import { HttpError } from '@sotto/http';
import { type ArtLocation, type Results, SearchError } from '@sotto/sticker-search';
import type { Catalogue } from './catalogue.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { SearchRequest } from './request.ts';

/** Smallest page that holds any one sticker: 8 KB of WebP in base64, and its words. */
export const SMALLEST_PAGE = 16_384; // bytes
const OPEN = '{"results":[';
const EXTRA = 8; // bytes of `,"art":` and of the comma after a row, less the brace between
const CLOSE = 80; // bytes that `],"strict":…,"next":"…"}` may take

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
    const encodedArt = artOf(catalogue, art);
    const words = JSON.stringify(sticker);
    const bytes = utf8Length(words) + encodedArt.bytes + EXTRA;
    if (bytes > room) break;
    room -= bytes;
    rows.push(`${words.slice(0, -1)},"art":${encodedArt.json}}`);
  }
  const next = at < found.total ? JSON.stringify(encodeCursor(request, at)) : 'null';
  const strict = Math.max(0, Math.min(found.strict, at) - start);
  return `${OPEN}${rows.join(',')}],"strict":${strict},"next":${next}}`;
}

function lookUp({ search }: Catalogue, { q, locale, packs }: SearchRequest): Results {
  try {
    return search.results(q, { packs, ...(locale === undefined ? {} : { locale }) });
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
    throw new HttpError(error.code === 'corrupt-index' ? 'unavailable' : 'bad-request');
  }
}

/** Art as it is in a response. */
interface EncodedArt {
  readonly json: string;
  readonly bytes: number; // of `json`, in UTF-8
}

const encoded = new WeakMap<Catalogue, Map<number, EncodedArt>>(); // by offset in art.bin

function artOf(catalogue: Catalogue, { type, offset, length }: ArtLocation): EncodedArt {
  const known = encoded.get(catalogue) ?? new Map<number, EncodedArt>();
  encoded.set(catalogue, known);
  const cached = known.get(offset);
  if (cached !== undefined) return cached;
  const bytes = catalogue.art.subarray(offset, offset + length);
  const data = type === 'image/svg+xml' ? decoder.decode(bytes) : btoa(String.fromCharCode(...bytes));
  const json = JSON.stringify({ type, data });
  const art = { json, bytes: utf8Length(json) };
  known.set(offset, art);
  return art;
}

/** Bytes of well-formed text in UTF-8. */
function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) bytes += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2; // a surrogate is half of four
  }
  return bytes;
}
