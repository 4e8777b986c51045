import { acceptedUntil, DAY, epochIndexAt, graceSeconds, type Bytes, type UnixSeconds } from '@sotto/wire';
import { decodeBundle, type Bundle } from './bundle.ts';
import { BundleError } from './error.ts';
import { checkKeyCounts, ohttpKeys } from './key-count.ts';
import { checkLengthClasses } from './length-class.ts';
import { checkRefill } from './refill.ts';
import {
  bundleSigningInput,
  decodeSignedBundle,
  nobleEd25519Verify,
  type Ed25519Verify,
} from './signed-bundle.ts';

/** A client's pinned roots and clock, and the length of an epoch. */
export interface VerifyOptions {
  /** Ed25519 public keys of 32 bytes. One of them must have signed the bundle. */
  readonly roots: readonly Bytes[];
  readonly now: UnixSeconds;
  /** Seconds of an epoch. Default: a UTC day. */
  readonly epochSeconds?: number;
  /** Signature verification of the platform. Default: noble's. */
  readonly ed25519Verify?: Ed25519Verify;
}

/**
 * Verifies and decodes a signed bundle: first the signature, then all rules of specs/bundle.md.
 *
 * @throws {WireError} when it is not a SignedBundle
 * @throws {BundleError} `bad-signature`; `unknown-version`, `bad-root`, `malformed-services`, `malformed-keys`;
 *   `unaligned-expiry` when it is not valid from the start of an epoch for two epochs, `bad-sequence` when the
 *   sequence is not the index of that epoch; `too-many-keys`; `expired`, `not-yet`
 */
export function verifySignedBundle(signed: Bytes, options: VerifyOptions): Bundle {
  const { bundle: encoded, signature } = decodeSignedBundle(signed);
  const verify = options.ed25519Verify ?? nobleEd25519Verify;
  const input = bundleSigningInput(encoded);
  if (!options.roots.some((root) => verify(signature, input, root))) {
    throw new BundleError('bad-signature', 'no pinned root signed this bundle');
  }
  const bundle = decodeBundle(encoded);
  checkTimes(bundle, options.now, options.epochSeconds ?? DAY);
  checkKeyCounts(bundle.keyConfigs, bundle.directory);
  if (!ohttpKeys(bundle.keyConfigs).some(({ kemId }) => kemId === bundle.suite.kemId)) {
    throw new BundleError('malformed-keys', 'the bundle has no key of its suite’s KEM');
  }
  const { extension, services, sequence } = bundle;
  if (extension !== null) checkLengthClasses(extension.classes, services);
  if (extension?.refill) checkRefill(extension.refill, sequence, services);
  return bundle;
}

function checkTimes(bundle: Bundle, now: UnixSeconds, epochSeconds: number): void {
  const { sequence, notBefore, notAfter } = bundle;
  if (notBefore % epochSeconds !== 0 || notAfter !== acceptedUntil(notBefore, epochSeconds)) {
    throw new BundleError(
      'unaligned-expiry',
      'the bundle is not valid from the start of an epoch for two epochs',
    );
  }
  if (sequence !== epochIndexAt(notBefore, epochSeconds)) {
    throw new BundleError('bad-sequence', 'the sequence is not the index of the epoch');
  }
  if (now >= notAfter) throw new BundleError('expired', `expired ${now - notAfter} s ago`);
  const early = notBefore - graceSeconds(epochSeconds) - now;
  if (early > 0) throw new BundleError('not-yet', `valid in ${early} s`);
}
