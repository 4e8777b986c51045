import { base64 } from './base64.ts';
import { isAnimatedWebp } from './webp-guard.ts';

/** A chunk of a RIFF file (RFC 9649 §2.3). */
interface Chunk {
  readonly type: string;
  /** With its header and padding, as it stands in the file. */
  readonly bytes: Uint8Array;
  readonly payload: Uint8Array;
}

const FRAME_HEADER = 16; // bytes before the chunks of a frame: place, size, duration, flags
const ALPHA = 0x10; // flag in VP8X

/**
 * The first frame of an animated WebP as a WebP of its own, without decoding it; null for an image that is not animated or
 * has no frame. A canvas would do too, but some browsers add noise to what is read from one.
 *
 * @param data - base64
 */
export function stillWebp(data: string): string | null {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  if (!isAnimatedWebp(bytes)) return null;
  const frame = chunksOf(bytes, 12).find(({ type }) => type === 'ANMF')?.payload;
  if (frame === undefined || frame.length < FRAME_HEADER) return null;
  const parts = chunksOf(frame, FRAME_HEADER).filter(({ type }) => /^(ALPH|VP8 |VP8L)$/.test(type));
  if (!parts.some(({ type }) => type.startsWith('VP8'))) return null;
  const header = new Uint8Array(10);
  header[0] = parts.some(({ type }) => type !== 'VP8 ') ? ALPHA : 0;
  header.set(frame.subarray(6, 12), 4); // width and height
  const body = [riffChunk('VP8X', header), ...parts.map((part) => part.bytes)];
  return base64(riffChunk('RIFF', join([ascii('WEBP'), ...body])));
}

/** The chunks from an offset on, without one that is cut off. */
function chunksOf(bytes: Uint8Array, from: number): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks: Chunk[] = [];
  for (let at = from; at + 8 <= bytes.length;) {
    const start = at + 8;
    const length = view.getUint32(at + 4, true);
    const end = start + length + (length % 2);
    if (end > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    const payload = bytes.subarray(start, start + length);
    chunks.push({ type, bytes: bytes.subarray(at, end), payload });
    at = end;
  }
  return chunks;
}

/** A chunk with a payload of an even length. */
function riffChunk(type: string, payload: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, payload.length, true);
  return join([ascii(type), length, payload]);
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
