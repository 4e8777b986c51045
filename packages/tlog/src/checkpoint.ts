import { ed25519 } from '@noble/curves/ed25519.js';
import { base64, concat, Reader, uint, utf8, type Bytes, type UnixSeconds } from '@sotto/wire';
import { TlogError } from './error.ts';
import { HASH_LENGTH } from './merkle.ts';
import { COSIGNATURE, ED25519, isBy, parseNote, verifierKey } from './note.ts';
import type { Note, NoteSignature, VerifierKey } from './note.ts';
import { readBase64, readDecimal } from './text.ts';

/** The head of a log: how many entries it has, and the root of the tree over them (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** The log's permanent name. */
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes; // 32 bytes
}

/** A checkpoint with its signatures. `note.text` is what log and witnesses sign. */
export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly note: Note;
}

/** Whether an Ed25519 signature (64 bytes) on a message is valid under a public key (32 bytes). */
export type Ed25519Verify = (signature: Bytes, message: Bytes, publicKey: Bytes) => boolean;

/** The text of a checkpoint: three lines, each with its newline. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${base64(root)}\n`;
}

/**
 * Reads a signed checkpoint without verifying it. Extension lines are refused: no log of ours writes them, and no
 * monitor could audit them.
 *
 * @throws {TlogError} `malformed-note` or `malformed-checkpoint`
 */
export function parseCheckpoint(signed: string): SignedCheckpoint {
  const note = parseNote(signed);
  const [origin = '', sizeText = '', rootText = '', ...rest] = note.text.split('\n');
  const size = readDecimal(sizeText);
  const root = readBase64(rootText, HASH_LENGTH);
  if (origin === '' || size === null || root === null || rest.join('\n') !== '') {
    throw new TlogError('malformed-checkpoint', 'not an origin, a size and a root hash of 32 bytes');
  }
  return { checkpoint: { origin, size, root }, note };
}

/**
 * The log's signature on a checkpoint.
 *
 * @param secret - 32 bytes, an Ed25519 seed
 */
export function signCheckpoint(checkpoint: Checkpoint, secret: Bytes): NoteSignature {
  const { name, id } = verifierKeyOf(checkpoint.origin, ED25519, secret);
  const signature = new Uint8Array(ed25519.sign(utf8(formatCheckpoint(checkpoint)), secret));
  return { name, id, signature };
}

/**
 * A witness's cosignature: that this is the largest tree of the log that it saw until `time` (C2SP
 * tlog-cosignature, Ed25519).
 *
 * @param text - the text of the checkpoint's note
 * @param secret - 32 bytes, an Ed25519 seed
 */
export function cosign(text: string, name: string, secret: Bytes, time: UnixSeconds): NoteSignature {
  const { id } = verifierKeyOf(name, COSIGNATURE, secret);
  const signature = ed25519.sign(cosignedMessage(text, time), secret);
  return { name, id, signature: concat(uint(8, time), signature) };
}

/**
 * The verifier key of a log (`ED25519`) or of a witness (`COSIGNATURE`).
 *
 * @param secret - 32 bytes, an Ed25519 seed
 * @throws {TlogError} `malformed-key` for a name that is empty or has spaces, plus or control characters
 */
export function verifierKeyOf(name: string, type: VerifierKey['type'], secret: Bytes): VerifierKey {
  return verifierKey(name, type, new Uint8Array(ed25519.getPublicKey(secret)));
}

function cosignedMessage(text: string, time: UnixSeconds): Bytes {
  return utf8(`cosignature/v1\ntime ${time}\n${text}`);
}

/**
 * Whether a key signed a note: true when it did, null when no line names the key.
 *
 * @throws {TlogError} `malformed-note` when a line names the key and does not verify: the whole note is refused
 */
export function isSignedBy(note: Note, key: VerifierKey, verify: Ed25519Verify): true | null {
  const lines = note.signatures.filter((line) => isBy(line, key));
  if (lines.length === 0) return null;
  for (const line of lines) {
    if (!verifyLine(note.text, line, key, verify)) {
      throw new TlogError('malformed-note', 'a signature of a known key does not verify');
    }
  }
  return true;
}

function verifyLine(text: string, line: NoteSignature, key: VerifierKey, verify: Ed25519Verify): boolean {
  if (key.type === ED25519) {
    return line.signature.length === 64 && verify(line.signature, utf8(text), key.publicKey);
  }
  if (line.signature.length !== 72) return false;
  const r = new Reader(line.signature);
  const [high, low] = [r.uint(4, 'timestamp'), r.uint(4, 'timestamp')];
  if (high >= 2 ** 21) return false; // above 2^53 - 1 seconds
  const message = cosignedMessage(text, high * 2 ** 32 + low);
  return verify(r.opaque(64, 'ed25519_signature'), message, key.publicKey);
}
