import { HttpError } from '@sotto/http';
import { type ArtLocation, type Results, SearchError } from '@sotto/sticker-search';
import { encodeStickerPage, imageBytes, PAGE_TYPE } from '@sotto/sticker-search/response';
import type { Catalogue } from './catalogue.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { SearchRequest } from './request.ts';

/** Smallest page that holds any one sticker: 6 KB of art, in base64, and its words. */
export const SMALLEST_PAGE = 16_384; // bytes
const OPEN = '{"results":[';
const CLOSE = 80; // bytes that `],"strict":…,"next":"…"}` may take

const NO_IMAGES = imageBytes([]);

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The content of a response and its media type. */
export interface PageContent {
  readonly type: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

/**
 * One page of results: as many of `limit` as fit into `pageBytes`, at least 24 if their art is sent as bytes.
 * The others are on the next page, so no response is longer than the page.
 *
 * @throws {HttpError} `bad-request` for an unknown locale, pack or cursor, `unavailable` when the
 *   catalogue cannot be read
 */
export function searchPage(catalogue: Catalogue, request: SearchRequest, pageBytes: number): PageContent {
  const found = lookUp(catalogue, request);
  const start = request.cursor === undefined ? 0 : decodeCursor(request, request.cursor);
  if (start > 0 && start >= found.total) throw new HttpError('bad-request');
  const end = Math.min(found.total, start + request.limit);
  const rows: string[] = [];
  const images: Uint8Array[] = [];
  const isJson = request.art === 'json';
  let room = pageBytes - OPEN.length - CLOSE - NO_IMAGES;
  let at = start;
  for (; at < end; at++) {
    const { id, name, emoji, pack, matched, art } = found.at(at);
    const image = catalogue.art.subarray(art.offset, art.offset + art.length);
    const shown = isJson ? { type: art.type, data: textOf(art, image) } : { type: art.type };
    const row = JSON.stringify({ id, name, emoji, pack, matched, art: shown });
    const bytes = utf8Length(row) + 1 + (isJson ? 0 : imageBytes([image]) - NO_IMAGES); // and a comma
    if (bytes > room) break;
    room -= bytes;
    rows.push(row);
    if (!isJson) images.push(image);
  }
  const next = at < found.total ? JSON.stringify(encodeCursor(request, at)) : 'null';
  const strict = Math.max(0, Math.min(found.strict, at) - start);
  const json = `${OPEN}${rows.join(',')}],"strict":${strict},"next":${next}}`;
  const page = encoder.encode(json) as Uint8Array<ArrayBuffer>;
  if (isJson) return { type: 'application/json', content: page };
  return { type: PAGE_TYPE, content: encodeStickerPage({ page, images }) };
}

/** Art inside JSON: the text of an SVG, or base64. */
const textOf = ({ type }: ArtLocation, image: Uint8Array): string =>
  type === 'image/svg+xml' ? decoder.decode(image) : base64(image);

/** Base64 (RFC 4648 §4) by the engine where it can (V8 14.1 and later), which costs a hundredth. */
function base64(bytes: Uint8Array & { toBase64?(): string }): string {
  return bytes.toBase64?.() ?? btoa(String.fromCharCode.apply(null, bytes as unknown as number[]));
}

function lookUp({ search }: Catalogue, { q, locale, packs }: SearchRequest): Results {
  try {
    return search.results(q, { packs, ...(locale === undefined ? {} : { locale }) });
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
    throw new HttpError(error.code === 'corrupt-index' ? 'unavailable' : 'bad-request');
  }
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
