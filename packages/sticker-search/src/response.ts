import { SearchError } from './error.ts';

/**
 * The content of a response of `POST /v1/search` with `art: "bytes"`: JSON, and the images that belong to it as bytes, which
 * are a quarter smaller than base64 (presentation language of RFC 8446 §3).
 *
 *     struct { opaque page<0..2^32-1>; uint8 count; Image images[count]; }   opaque Image<0..2^16-1>;
 *
 * `page` is a `SearchPage` in which the art of each result has its media type alone; image i is the art of result i.
 */
export interface ResponseParts {
  readonly page: Uint8Array;
  readonly images: readonly Uint8Array[];
}

/** The media type of such a response. */
export const PAGE_TYPE = 'application/vnd.sotto.sticker-page';

const COUNT = 1; // bytes of fields
const PAGE_LENGTH = 4;
const IMAGE_LENGTH = 2;

/** How many bytes the response has besides its page. */
export const imageBytes = (images: readonly { readonly length: number }[]): number =>
  images.reduce((sum, { length }) => sum + IMAGE_LENGTH + length, PAGE_LENGTH + COUNT);

/** @throws {RangeError} for over 255 images, or an image of over 65,535 bytes */
export function encodeStickerPage({ page, images }: ResponseParts): Uint8Array<ArrayBuffer> {
  if (images.length > 0xff || images.some(({ length }) => length > 0xffff))
    throw new RangeError('too many images, or one that is too large');
  const bytes = new Uint8Array(page.length + imageBytes(images));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, page.length);
  bytes.set(page, PAGE_LENGTH);
  let at = PAGE_LENGTH + page.length;
  view.setUint8(at++, images.length);
  for (const image of images) {
    view.setUint16(at, image.length);
    bytes.set(image, at + IMAGE_LENGTH);
    at += IMAGE_LENGTH + image.length;
  }
  return bytes;
}

/**
 * The parts of a response, as views on its bytes.
 *
 * @throws {SearchError} `truncated` or `trailing`
 */
export function decodeStickerPage(bytes: Uint8Array): ResponseParts {
  let at = 0;
  const take = (length: number, field: string): Uint8Array => {
    const have = bytes.length - at;
    if (length > have) {
      throw new SearchError('truncated', `${field}: need ${length} bytes, have ${have} at offset ${at}`);
    }
    at += length;
    return bytes.subarray(at - length, at);
  };
  const number = (size: number, field: string): number =>
    take(size, field).reduce((sum, byte) => sum * 256 + byte, 0);
  const page = take(number(PAGE_LENGTH, 'page.length'), 'page');
  const images: Uint8Array[] = [];
  for (let left = number(COUNT, 'count'); left > 0; left--)
    images.push(take(number(IMAGE_LENGTH, 'image.length'), 'image'));
  if (at < bytes.length) throw new SearchError('trailing', `${bytes.length - at} bytes after the end`);
  return { page, images };
}
