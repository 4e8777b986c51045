import { createHash } from 'node:crypto';
import type { Artwork } from './core.ts';
import { minify, MOST_ART, shrink } from './shrink.ts';
import { cleanSvg } from './svg.ts';
import { PackError } from './error.ts';

/** A sticker's art as it is served, with its id, which is derived from the art and its use. */
export interface Art {
  readonly id: string; // 12 characters of base64url: 72 bits of a SHA-256
  readonly type: 'image/svg+xml' | 'image/webp';
  readonly bytes: Uint8Array; // at most 6 KB
}

const MINIFIED = new Set(['fluent-emoji-flat', 'noto']); // by svgo in the packages

/** @throws {PackError} for a drawing that is not harmless or cannot be made smaller than 6 KB */
export function artOf({ key, pack, source, file, svg, webp }: Artwork): Art {
  if (webp !== undefined) return { id: address(pack, key, webp), type: 'image/webp', bytes: webp };
  let text = cleanSvg(svg ?? '', file);
  if (!MINIFIED.has(source)) text = cleanSvg(minify(text), file);
  if (Buffer.byteLength(text) > MOST_ART) {
    const smaller = shrink(text);
    if (smaller === null)
      throw new PackError(file, 0, `larger than ${MOST_ART} bytes however coarsely drawn`);
    text = cleanSvg(smaller, file);
  }
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > MOST_ART) throw new PackError(file, 0, `larger than ${MOST_ART} bytes`);
  return { id: address(pack, key, bytes), type: 'image/svg+xml', bytes };
}

const address = (pack: string, key: string, bytes: Uint8Array): string =>
  createHash('sha256')
    .update(`${pack}\0${key}\0`)
    .update(bytes)
    .digest()
    .subarray(0, 9)
    .toString('base64url');
