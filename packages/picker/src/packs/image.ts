import { base64 } from '../base64.ts';
import { isHarmlessSvg } from '../svg-guard.ts';
import { isAnimatedWebp, isHarmlessWebp, webpCanvas } from '../webp-guard.ts';
import type { Art } from '../types.ts';

const SIDE = 160; // pixels of the stored image; cells show at most 80 at double density
const QUALITY = 0.85;
const MAX_SIDE = 4096; // pixels of the source; checked in its header, before it is decoded
const MAX_ANIMATION = 256 << 10; // bytes of an animated WebP, which is stored as it is

/**
 * Artwork for an image file, or null for one that cannot be used. Pixels are encoded again as WebP, so that metadata such
 * as the place where a photo was taken is not kept. An SVG is kept if it is harmless.
 */
export async function artOf(bytes: Uint8Array<ArrayBuffer>): Promise<Art | null> {
  const kind = kindOf(bytes);
  if (kind === 'svg') {
    const data = new TextDecoder().decode(bytes);
    return isHarmlessSvg(data) ? { type: 'image/svg+xml', data } : null;
  }
  const size = kind === null ? null : sizeOf(kind, bytes);
  if (size === null || size.some((side) => side < 1 || side > MAX_SIDE)) return null;
  if (kind === 'webp' && isAnimatedWebp(bytes) && bytes.length <= MAX_ANIMATION) {
    const data = base64(bytes);
    if (isHarmlessWebp(data)) return { type: 'image/webp', data };
  }
  return redraw(bytes, size);
}

type Kind = 'png' | 'jpeg' | 'gif' | 'webp' | 'svg';

function kindOf(bytes: Uint8Array): Kind | null {
  const head = String.fromCharCode(...bytes.subarray(0, 64));
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('GIF8')) return 'gif';
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'webp';
  return /^(\xef\xbb\xbf)?\s*<(\?xml|!--|svg)/.test(head) ? 'svg' : null;
}

function sizeOf(kind: Kind, bytes: Uint8Array): [width: number, height: number] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 30) return null;
  if (kind === 'png') return [view.getUint32(16), view.getUint32(20)];
  if (kind === 'gif') return [view.getUint16(6, true), view.getUint16(8, true)];
  if (kind === 'jpeg') return jpegSize(view);
  return webpCanvas(String.fromCharCode(...bytes.subarray(12, 16)), view);
}

/** The size in the first frame header, which is any SOF marker but DHT, JPG and DAC (ITU T.81 §B.2.2). */
function jpegSize(view: DataView): [number, number] | null {
  for (let at = 2; at + 9 < view.byteLength; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker)) {
      return [view.getUint16(at + 7), view.getUint16(at + 5)];
    }
    if (marker >> 8 !== 0xff) return null;
  }
  return null;
}

/** Draws the image into a square of at most 160 pixels. */
async function redraw(
  bytes: Uint8Array<ArrayBuffer>,
  [width, height]: [number, number],
): Promise<Art | null> {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  try {
    const bitmap = await createImageBitmap(new Blob([bytes]), {
      resizeWidth: w,
      resizeHeight: h,
      resizeQuality: 'high',
    });
    const canvas = new OffscreenCanvas(w, h);
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
    bitmap.close();
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: QUALITY });
    if (blob.type !== 'image/webp') return null;
    return { type: 'image/webp', data: base64(new Uint8Array(await blob.arrayBuffer())) };
  } catch {
    return null;
  }
}
