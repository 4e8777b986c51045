import { PackError } from './error.ts';
import { MOST_ART } from './shrink.ts';

const MOST_SIDE = 512; // pixels
const MOST_FRAMES = 64; // of an animation
const HEADER = 8; // bytes of a chunk's name and length
const FRAME_HEADER = 16; // bytes of an ANMF chunk before its image
const ANIMATED = 0x02;
const METADATA = 0x0c; // EXIF and XMP
const PROFILE = 0x20;

interface Chunk {
  readonly name: string;
  readonly data: Uint8Array;
}

type Size = readonly [width: number, height: number];

/**
 * Checks that bytes are a WebP of at most 6 KB and 512 pixels a side, still or animated, chunk by chunk (RFC
 * 9649 §2): only image chunks without metadata about place or author, and at most 64 frames, each inside the
 * canvas.
 *
 * @throws {PackError}
 */
export function checkWebp(bytes: Uint8Array, file: string): void {
  const refuse = (message: string): never => {
    throw new PackError(file, 0, message);
  };
  if (bytes.length > MOST_ART) refuse(`${bytes.length} bytes; at most ${MOST_ART} are allowed`);
  if (bytes.length < 30 || nameAt(bytes, 0) !== 'RIFF' || nameAt(bytes, 8) !== 'WEBP')
    refuse('not a WebP file');
  if (viewOf(bytes).getUint32(4, true) + 8 !== bytes.length)
    refuse('the length in its header is not its length');
  const [first, ...others] = chunksOf(bytes.subarray(12)) ?? refuse('a chunk is cut short');
  const size = (first && sizeOf(first)) ?? refuse('not a kind of WebP that browsers show');
  if (size.some((side) => side < 1 || side > MOST_SIDE))
    refuse(`${size.join(' × ')} pixels; at most ${MOST_SIDE} a side`);
  if (first?.name !== 'VP8X') return others.length > 0 ? refuse('more follows the image') : undefined;
  const flags = first.data[0] ?? 0;
  if ((flags & METADATA) !== 0) refuse('carries EXIF or XMP data: remove it');
  if ((flags & PROFILE) !== 0)
    refuse('carries a colour profile: convert it to sRGB and leave the profile out');
  if ((flags & ANIMATED) === 0) checkImage(others, size, refuse);
  else checkFrames(others, size, refuse);
}

/** Checks the chunks of one image: an optional alpha chunk, then pixels of the declared size. */
function checkImage(chunks: readonly Chunk[], size: Size, refuse: (message: string) => never): void {
  const [alpha, pixels] = chunks[0]?.name === 'ALPH' ? chunks : [null, chunks[0]];
  if (chunks.length !== (alpha === null ? 1 : 2)) refuse('has other chunks than one image');
  const own = pixels && pixels.name !== 'VP8X' ? sizeOf(pixels) : null;
  if (own === null || own[0] !== size[0] || own[1] !== size[1])
    refuse('its image has another size than it says');
}

function checkFrames(
  chunks: readonly Chunk[],
  [width, height]: Size,
  refuse: (message: string) => never,
): void {
  const [control, ...frames] = chunks;
  if (control?.name !== 'ANIM' || control.data.length !== 6) refuse('its animation does not begin with ANIM');
  if (frames.length < 1 || frames.length > MOST_FRAMES)
    refuse(`${frames.length} frames; 1 to ${MOST_FRAMES} are allowed`);
  for (const { name, data } of frames) {
    if (name !== 'ANMF' || data.length < FRAME_HEADER) refuse('its animation has other chunks than frames');
    const [x, y] = [2 * uint24(data, 0), 2 * uint24(data, 3)];
    const size = [uint24(data, 6) + 1, uint24(data, 9) + 1] as const;
    if (x + size[0] > width || y + size[1] > height) refuse('a frame leaves the canvas');
    checkImage(chunksOf(data.subarray(FRAME_HEADER)) ?? refuse('a chunk is cut short'), size, refuse);
  }
}

/** The chunks of a RIFF body, each padded to an even length; null when one is cut short. */
function chunksOf(body: Uint8Array): Chunk[] | null {
  const chunks: Chunk[] = [];
  for (let at = 0; at < body.length;) {
    if (at + HEADER > body.length) return null;
    const length = viewOf(body).getUint32(at + 4, true);
    const end = at + HEADER + length;
    if (end + (length % 2) > body.length) return null;
    chunks.push({ name: nameAt(body, at), data: body.subarray(at + HEADER, end) });
    at = end + (length % 2);
  }
  return chunks;
}

/** The size that an image or the extended header has; null for another chunk, or one without its signature. */
function sizeOf({ name, data }: Chunk): Size | null {
  const view = viewOf(data);
  if (name === 'VP8 ') {
    if (data.length < 10 || uint24(data, 3) !== 0x2a019d) return null;
    return [view.getUint16(6, true) & 0x3fff, view.getUint16(8, true) & 0x3fff];
  }
  if (name === 'VP8L') {
    if (data.length < 5 || data[0] !== 0x2f) return null;
    const bits = view.getUint32(1, true);
    return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
  }
  return name === 'VP8X' && data.length === 10 ? [uint24(data, 4) + 1, uint24(data, 7) + 1] : null;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const nameAt = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
const uint24 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
