import { base64, type Bytes } from '@sotto/wire';
import { isSignedBy, parseCheckpoint } from './checkpoint.ts';
import type { Checkpoint, Ed25519Verify } from './checkpoint.ts';
import { TlogError } from './error.ts';
import { HASH_LENGTH, leafHash, MOST_HASHES, verifyInclusion } from './merkle.ts';
import { meets, type Policy } from './policy.ts';
import { readBase64, readDecimal } from './text.ts';

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';

/** An offline proof that an entry is in a log (C2SP tlog-proof), without extra data. */
export interface LogProof {
  readonly index: number;
  /** The inclusion proof: at most 63 hashes of 32 bytes, from the sibling of the leaf up. */
  readonly path: readonly Bytes[];
  /** The signed checkpoint, as log and witnesses wrote it. */
  readonly checkpoint: string;
}

/** Writes a proof. */
export function formatProof({ index, path, checkpoint }: LogProof): string {
  return [FIRST_LINE, `index ${index}`, ...path.map((hash) => base64(hash)), '', checkpoint].join('\n');
}

/** Reads a proof without verifying it. @throws {TlogError} `malformed-proof` */
export function parseProof(text: string): LogProof {
  const end = text.indexOf('\n\n');
  const [first, indexLine = '', ...hashes] = text.slice(0, Math.max(end, 0)).split('\n');
  const index = indexLine.startsWith('index ') ? readDecimal(indexLine.slice(6)) : null;
  const path = hashes.map((line) => readBase64(line, HASH_LENGTH));
  if (
    first !== FIRST_LINE ||
    index === null ||
    path.length > MOST_HASHES ||
    !path.every((hash) => hash !== null)
  ) {
    throw new TlogError('malformed-proof', 'not an index, hashes of 32 bytes and a checkpoint');
  }
  return { index, path, checkpoint: text.slice(end + 2) };
}

/** What a verifier pins, and which entry it expects. */
export interface VerifyProofOptions {
  readonly policy: Policy;
  /** The index that the entry has to have. */
  readonly index: number;
  /** Signature verification of the platform (RFC 8032 §5.1.7). */
  readonly ed25519Verify: Ed25519Verify;
}

/**
 * Verifies that an entry is in a log of the policy at the expected index, and that enough witnesses saw the log.
 *
 * @param entry - the bytes of the entry, exactly as received
 * @returns the checkpoint, for comparison with others of the same log
 * @throws {TlogError} `malformed-proof`, `malformed-note`, `malformed-checkpoint`, `wrong-index`, `log-signature`,
 *   `too-few-witnesses` or `not-logged`
 */
export function verifyProof(entry: Bytes, proof: string, options: VerifyProofOptions): Checkpoint {
  const { policy, ed25519Verify } = options;
  const { index, path, checkpoint: signed } = parseProof(proof);
  const { checkpoint, note } = parseCheckpoint(signed);
  if (index !== options.index || index >= checkpoint.size) {
    throw new TlogError('wrong-index', 'the proof is for another entry');
  }
  const logs = policy.logs.filter(({ key }) => key.name === checkpoint.origin);
  if (!logs.some(({ key }) => isSignedBy(note, key, ed25519Verify))) {
    throw new TlogError('log-signature', 'no log of the policy signed this checkpoint');
  }
  if (!meets(policy.quorum, ({ key }) => isSignedBy(note, key, ed25519Verify) === true)) {
    throw new TlogError('too-few-witnesses', 'the cosignatures do not meet the quorum');
  }
  if (!verifyInclusion(leafHash(entry), index, checkpoint.size, path, checkpoint.root)) {
    throw new TlogError('not-logged', 'the path does not lead from the entry to the root');
  }
  return checkpoint;
}
