import type { Bytes } from './bytes.ts';
import { WireError } from './error.ts';

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Sextets by the code of their character: an array, because a gateway decodes a token in every request. */
const SEXTETS: number[] = [];
for (let i = 0; i < 64; i++) SEXTETS[ALPHABET.charCodeAt(i)] = i;

const OCTETS = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

/** Encodes text as UTF-8. A lone surrogate becomes U+FFFD. */
export function utf8(text: string): Bytes {
  return ENCODER.encode(text) as Bytes;
}

/** Decodes UTF-8; a byte order mark is kept. @throws {WireError} `bad-text` when the bytes are not UTF-8 */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new WireError('bad-text', `${bytes.length} bytes are not UTF-8`);
  }
}

/** Encodes bytes as lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const octet of bytes) text += OCTETS[octet];
  return text;
}

/** Decodes hexadecimal of either case. @throws {WireError} `bad-text` unless the text is pairs of hexadecimal digits */
export function fromHex(text: string): Bytes {
  if (text.length % 2 !== 0 || /[^0-9a-fA-F]/.test(text)) throw new WireError('bad-text', 'not hexadecimal');
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Encodes bytes as base64url without padding (RFC 4648 §5). */
export function base64url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let shift = 18; shift >= (left === 1 ? 12 : left === 2 ? 6 : 0); shift -= 6) {
      text += ALPHABET[(word >> shift) & 63];
    }
  }
  return text;
}

/**
 * Decodes base64url with or without padding (RFC 4648 §5).
 *
 * Unused bits must be zero (§3.5), so that every byte string has exactly one unpadded text and a token cannot be
 * written in two ways.
 *
 * @throws {WireError} `bad-text`
 */
export function fromBase64url(text: string): Bytes {
  const bare = text.length % 4 === 0 ? text.replace(/={1,2}$/, '') : text;
  if (bare.length % 4 === 1) throw new WireError('bad-text', 'not base64url: length');
  const bytes = new Uint8Array(Math.floor((bare.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < bare.length; i++) {
    const sextet = SEXTETS[bare.charCodeAt(i)];
    if (sextet === undefined) throw new WireError('bad-text', 'not base64url: alphabet');
    word = (word << 6) | sextet; // of which the last 14 bits are used
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = word >> bits; // the last 8 bits
    }
  }
  if ((word & ((1 << bits) - 1)) !== 0) throw new WireError('bad-text', 'not base64url: bits left over');
  return bytes;
}

/** Encodes bytes as base64 with padding (RFC 4648 §4). */
export function base64(bytes: Uint8Array): string {
  const text = base64url(bytes).replaceAll('-', '+').replaceAll('_', '/');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/** Decodes base64 (RFC 4648 §4): padded, and with unused bits zero. @throws {WireError} `bad-text` */
export function fromBase64(text: string): Bytes {
  if (text.length % 4 !== 0 || /[-_]/.test(text)) throw new WireError('bad-text', 'not base64');
  return fromBase64url(text.replaceAll('+', '-').replaceAll('/', '_'));
}
