import { sha256 } from '@noble/hashes/sha2.js';
import { base64, concat, equalBytes, fromHex, hex, utf8, type Bytes } from '@sotto/wire';
import { TlogError } from './error.ts';
import { readBase64 } from './text.ts';

/** A plain Ed25519 signature on the text of a note. */
export const ED25519 = 0x01;
/** A timestamped Ed25519 cosignature of a witness (C2SP tlog-cosignature). */
export const COSIGNATURE = 0x04;

/** The most signature lines that are read: a note with more is refused before any is verified. */
const MOST_SIGNATURES = 64;
/** The characters of the longest note that is read. */
const LONGEST = 65_536;

/** A public key with the name under which it signs (C2SP signed-note, "Verifier keys"). */
export interface VerifierKey {
  /** Not empty; without spaces and plus signs. */
  readonly name: string;
  readonly type: typeof ED25519 | typeof COSIGNATURE;
  readonly publicKey: Bytes; // 32 bytes
  readonly id: Bytes; // 4 bytes: the beginning of SHA-256(name || 0x0A || type || publicKey)
}

/** One signature line of a note. */
export interface NoteSignature {
  readonly name: string;
  readonly id: Bytes; // 4 bytes
  readonly signature: Bytes; // what follows the key id, of any length
}

/** A signed note: text that ends in a newline, and at least one signature. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** @throws {TlogError} `malformed-key` for a name that is empty or has spaces, plus or control characters */
export function verifierKey(name: string, type: VerifierKey['type'], publicKey: Bytes): VerifierKey {
  if (!isKeyName(name) || publicKey.length !== 32) {
    throw new TlogError('malformed-key', 'a verifier key needs a name without spaces and 32 bytes');
  }
  const input = concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey);
  return { name, type, publicKey, id: new Uint8Array(sha256(input)).subarray(0, 4) };
}

/** Writes a verifier key as `name+keyid+base64(type || public key)`. */
export function formatVerifierKey({ name, type, publicKey, id }: VerifierKey): string {
  return `${name}+${hex(id)}+${base64(concat(Uint8Array.of(type), publicKey))}`;
}

/** Reads a verifier key of type Ed25519 or cosignature. @throws {TlogError} `malformed-key` */
export function parseVerifierKey(text: string): VerifierKey {
  const [, name = '', id = '', key = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const bytes = readBase64(key, 33);
  const type = bytes?.[0];
  if (bytes === null || (type !== ED25519 && type !== COSIGNATURE)) {
    throw new TlogError('malformed-key', 'not a verifier key of type Ed25519 or cosignature');
  }
  const read = verifierKey(name, type, bytes.subarray(1));
  if (!equalBytes(read.id, fromHex(id))) {
    throw new TlogError('malformed-key', 'the key id does not belong to this name and key');
  }
  return read;
}

/** Whether a signature line names this key. Two keys may share a name or an id, but not both. */
export function isBy(line: NoteSignature, key: VerifierKey): boolean {
  return line.name === key.name && equalBytes(line.id, key.id);
}

/** Writes a note (C2SP signed-note). */
export function formatNote({ text, signatures }: Note): string {
  return `${text}\n${signatures.map(formatSignature).join('')}`;
}

/** Writes one signature line, with its newline. */
export function formatSignature({ name, id, signature }: NoteSignature): string {
  return `\u2014 ${name} ${base64(concat(id, signature))}\n`;
}

/** Reads a note without verifying it. @throws {TlogError} `malformed-note` */
export function parseNote(note: string): Note {
  // eslint-disable-next-line no-control-regex -- the format forbids control characters but the newline
  if (note.length > LONGEST || /[\u0000-\u0009\u000b-\u001f]/.test(note) || !note.isWellFormed()) {
    throw new TlogError('malformed-note', 'too long, or with control characters');
  }
  const end = note.lastIndexOf('\n\n');
  if (end === -1) throw new TlogError('malformed-note', 'no empty line before the signatures');
  return { text: note.slice(0, end + 1), signatures: parseSignatures(note.slice(end + 2)) };
}

/** Reads signature lines, each with its newline. @throws {TlogError} `malformed-note` */
export function parseSignatures(lines: string): NoteSignature[] {
  if (!lines.endsWith('\n')) throw new TlogError('malformed-note', 'no signature line, or a cut one');
  const read = lines.slice(0, -1).split('\n');
  if (read.length > MOST_SIGNATURES) throw new TlogError('malformed-note', 'too many signature lines');
  return read.map((line) => {
    const [, name = '', text = ''] = /^\u2014 ([^ ]+) ([^ ]+)$/u.exec(line) ?? [];
    const bytes = readBase64(text);
    if (bytes === null || bytes.length < 5 || !isKeyName(name)) {
      throw new TlogError('malformed-note', 'not a signature line');
    }
    return { name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) };
  });
}

function isKeyName(name: string): boolean {
  // eslint-disable-next-line no-control-regex -- a name is part of one line
  return name !== '' && !/[\s+\u0000-\u001f\u0085]/u.test(name);
}
