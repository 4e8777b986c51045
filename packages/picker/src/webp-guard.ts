const MAX_LENGTH = 1_400_000; // base64 characters, which is 1 MiB
const MAX_SIDE = 1024; // pixels; a larger canvas costs memory, whatever the file's size
const HEADER = 40; // base64 characters that hold the first 30 bytes

/** Whether base64 holds a WebP whose canvas is small (RFC 9649 §2.5 to 2.7). */
export function isHarmlessWebp(base64: string): boolean {
  if (base64.length > MAX_LENGTH || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return false;
  const bytes = decodeStart(base64);
  const text = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 30 || text(0) !== 'RIFF' || text(8) !== 'WEBP') return false;
  const [width, height] = webpCanvas(text(12), new DataView(bytes.buffer));
  return width <= MAX_SIDE && height <= MAX_SIDE;
}

/** Whether the first bytes of a WebP, 21 or more, say that it is animated: its first chunk is VP8X, with that flag. */
export const isAnimatedWebp = (bytes: Uint8Array): boolean =>
  bytes[12] === 0x56 && bytes[15] === 0x58 && ((bytes[20] ?? 0) & 2) !== 0;

function decodeStart(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64.slice(0, HEADER)), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/** The canvas of a WebP by its first chunk (RFC 9649 §2.5 to 2.7); infinite for an unknown chunk. */
export function webpCanvas(chunk: string, view: DataView): [width: number, height: number] {
  if (chunk === 'VP8 ') return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
  if (chunk === 'VP8L') {
    const bits = view.getUint32(21, true);
    return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
  }
  if (chunk !== 'VP8X') return [Infinity, Infinity];
  const uint24 = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  return [uint24(24) + 1, uint24(27) + 1];
}
