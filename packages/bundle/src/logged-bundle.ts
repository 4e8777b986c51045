import { concat, Reader, utf8, vector, fromUtf8, type Bytes } from '@sotto/wire';
import { BundleError } from './error.ts';

/** The media type of a LoggedBundle. */
export const LOGGED_BUNDLE_TYPE = 'application/sotto-logged-bundle';

/** The longest proof, in bytes. */
export const MOST_PROOF = 4096;

/**
 * A signed bundle with the proof that it is in a public log.
 *
 *     struct { opaque signed_bundle<0..2^32-1>; opaque proof<1..4096>; } LoggedBundle;
 */
export interface LoggedBundle {
  /** An encoded SignedBundle: the bytes that the log has as an entry. */
  readonly signed: Bytes;
  /** A C2SP tlog-proof, UTF-8. */
  readonly proof: string;
}

/** Encodes a LoggedBundle. @throws {BundleError} `bad-proof` unless the proof has 1 to 4096 bytes */
export function encodeLoggedBundle({ signed, proof }: LoggedBundle): Bytes {
  const bytes = utf8(proof);
  checkLength(bytes);
  return concat(vector(4, signed), vector(2, bytes));
}

/**
 * Decodes a LoggedBundle without verifying it.
 *
 * @throws {WireError} `truncated`, `trailing` or `bad-text`
 * @throws {BundleError} `bad-proof` unless the proof has 1 to 4096 bytes
 */
export function decodeLoggedBundle(bytes: Bytes): LoggedBundle {
  const r = new Reader(bytes);
  const signed = r.vector(4, 'signed_bundle').rest();
  const proof = r.vector(2, 'proof').rest();
  r.end('LoggedBundle');
  checkLength(proof);
  return { signed, proof: fromUtf8(proof) };
}

function checkLength({ length }: Bytes): void {
  if (length < 1 || length > MOST_PROOF) throw new BundleError('bad-proof', `proof is ${length} bytes`);
}
