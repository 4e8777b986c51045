import { acceptedUntil, DAY, epochIndexAt, graceSeconds, type Bytes, type UnixSeconds } from '@sotto/wire';
import { decodeBundle, type Bundle } from './bundle.ts';
import { BundleError } from './error.ts';
import { checkKeyCounts, ohttpKeys } from './key-count.ts';
import {
  bundleSigningInput,
  decodeSignedBundle,
  nobleEd25519Verify,
  type Ed25519Verify,
} from './signed-bundle.ts';

/** What a client pins, its clock, and the length of an epoch. */
export interface VerifyOptions {
  /** Ed25519 public keys, 32 bytes each, of which one must have signed. */
  readonly roots: readonly Bytes[];
  readonly now: UnixSeconds;
  /** Seconds of an epoch: a UTC day, unless a test scales time down. */
  readonly epochSeconds?: number;
  /** A platform's own; noble's unless given. */
  readonly ed25519Verify?: Ed25519Verify;
}

/**
 * Opens a signed bundle: the signature first, then everything that specs/bundle.md asks of a bundle.
 *
 * @throws {WireError} when it is not a SignedBundle
 * @throws {BundleError} `bad-signature`; `unknown-version`, `bad-root`, `malformed-services`, `malformed-keys`;
 *   `unaligned-expiry` when it does not run from an epoch's start for two epochs, `bad-sequence` when
 *   its sequence is not the index of its epoch; `too-many-keys`; `expired`, `not-yet`
 */
export function verifySignedBundle(signed: Bytes, options: VerifyOptions): Bundle {
  const { bundle: encoded, signature } = decodeSignedBundle(signed);
  const verify = options.ed25519Verify ?? nobleEd25519Verify;
  const input = bundleSigningInput(encoded);
  if (!options.roots.some((root) => verify(signature, input, root))) {
    throw new BundleError('bad-signature', 'no root of ours signed this');
  }
  const bundle = decodeBundle(encoded);
  checkTimes(bundle, options.now, options.epochSeconds ?? DAY);
  checkKeyCounts(bundle.keyConfigs, bundle.directory);
  if (!ohttpKeys(bundle.keyConfigs).some(({ kemId }) => kemId === bundle.suite.kemId)) {
    throw new BundleError('malformed-keys', 'no key of the suite that it names');
  }
  return bundle;
}

function checkTimes(bundle: Bundle, now: UnixSeconds, epochSeconds: number): void {
  const { sequence, notBefore, notAfter } = bundle;
  if (notBefore % epochSeconds !== 0 || notAfter !== acceptedUntil(notBefore, epochSeconds)) {
    throw new BundleError('unaligned-expiry', 'not two epochs from the start of an epoch');
  }
  if (sequence !== epochIndexAt(notBefore, epochSeconds)) {
    throw new BundleError('bad-sequence', 'not the index of its epoch');
  }
  if (now >= notAfter) throw new BundleError('expired', `expired ${now - notAfter} s ago`);
  const early = notBefore - graceSeconds(epochSeconds) - now;
  if (early > 0) throw new BundleError('not-yet', `valid in ${early} s`);
}
