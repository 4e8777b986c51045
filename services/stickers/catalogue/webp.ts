import { MOST_ART } from './shrink.ts';
import { PackError } from './error.ts';

/**
 * Checks that bytes are a WebP of at most 8 KB by its RIFF header and first chunk, and that it is a still of
 * 512 pixels a side at most (RFC 9649 §2.3–2.7).
 */
export function checkWebp(bytes: Uint8Array, file: string): void {
  const text = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const refuse = (message: string): never => {
    throw new PackError(file, 0, message);
  };
  if (bytes.length > MOST_ART) refuse(`${bytes.length} bytes; at most ${MOST_ART} are allowed`);
  if (bytes.length < 30 || text(0) !== 'RIFF' || text(8) !== 'WEBP') refuse('not a WebP file');
  if (view.getUint32(4, true) + 8 !== bytes.length) refuse('the length in its header is not its length');
  const size = sizeOf(text(12), view) ?? refuse('not a kind of WebP that browsers show');
  if (size.some((side) => side < 1 || side > 512)) refuse(`${size.join(' × ')} pixels; at most 512 a side`);
  if (text(12) === 'VP8X' && (view.getUint8(20) & 0x02) !== 0) refuse('animated');
  if (text(12) === 'VP8X' && (view.getUint8(20) & 0x0c) !== 0) refuse('carries EXIF or XMP data: remove it');
}

function sizeOf(chunk: string, view: DataView): [number, number] | null {
  if (chunk === 'VP8 ') {
    if (view.getUint8(23) !== 0x9d || view.getUint8(24) !== 0x01 || view.getUint8(25) !== 0x2a) return null;
    return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
  }
  if (chunk === 'VP8L') {
    if (view.getUint8(20) !== 0x2f) return null;
    const bits = view.getUint32(21, true);
    return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
  }
  if (chunk !== 'VP8X') return null;
  const uint24 = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  return [uint24(24) + 1, uint24(27) + 1];
}
