import { concat, equalBytes, uint, utf8, type Bytes } from '@sotto/wire';
import { decodeBundle, type Bundle } from './bundle.ts';
import { BundleError } from './error.ts';
import { bundleSigningInput, decodeSignedBundle, type Ed25519Verify } from './signed-bundle.ts';

const VOID = utf8('sotto void epoch v1\0');

/** The entry of a log for an epoch that has no bundle: 28 bytes. */
export function voidEntry(epochIndex: number): Bytes {
  return concat(VOID, uint(8, epochIndex));
}

/** What an entry of a log of bundles must be. */
export interface LogEntryRules {
  /** The epoch of the entry: its index in the log plus the epoch of the first entry. */
  readonly epochIndex: number;
  /** Ed25519 public keys of 32 bytes. One of them must have signed a bundle. */
  readonly roots: readonly Bytes[];
  readonly ed25519Verify: Ed25519Verify;
}

/**
 * Reads an entry of a log: the signed bundle of its epoch, or null for a void entry.
 *
 * @throws {WireError} when it is neither
 * @throws {BundleError} `bad-signature` unless a root signed it, `bad-sequence` when it is of another epoch, or what
 *   `decodeBundle` throws
 */
export function readLogEntry(
  entry: Bytes,
  { epochIndex, roots, ed25519Verify }: LogEntryRules,
): Bundle | null {
  if (equalBytes(entry, voidEntry(epochIndex))) return null;
  const { bundle: encoded, signature } = decodeSignedBundle(entry);
  const input = bundleSigningInput(encoded);
  if (!roots.some((root) => ed25519Verify(signature, input, root))) {
    throw new BundleError('bad-signature', 'no root signed this entry');
  }
  const bundle = decodeBundle(encoded);
  if (bundle.sequence !== epochIndex) throw new BundleError('bad-sequence', 'the entry is of another epoch');
  return bundle;
}
