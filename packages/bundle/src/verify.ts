import type { Bytes, UnixSeconds } from '@sotto/wire';
import { decodeBundle, type Bundle } from './bundle.ts';
import { BundleError } from './error.ts';
import { checkKeyCounts, ohttpKeys } from './key-count.ts';
import {
  bundleSigningInput,
  decodeSignedBundle,
  nobleEd25519Verify,
  type Ed25519Verify,
} from './signed-bundle.ts';

/** What a client pins, its clock, and the length of a slot. */
export interface VerifyOptions {
  /** Ed25519 public keys, 32 bytes each, of which one must have signed. */
  readonly roots: readonly Bytes[];
  readonly now: UnixSeconds;
  /** Seconds of a slot: a UTC day, unless a test scales time down. */
  readonly epochSeconds?: number;
  /** A platform's own; noble's unless given. */
  readonly ed25519Verify?: Ed25519Verify;
}

const DAY = 86_400; // seconds

/** How far a client's clock may stand before a slot: at most this many seconds, or half a slot. */
const TOLERANCE = 300;

/**
 * Opens a signed bundle: the signature first, then everything that specs/bundle.md asks of a bundle.
 *
 * @throws {WireError} when it is not a SignedBundle
 * @throws {BundleError} `bad-signature`; `unknown-version`, `bad-root`, `malformed-services`, `malformed-keys`;
 *   `unaligned-expiry` when it does not run from a slot's start for two slots, `bad-sequence` when
 *   it does not bear its slot's number; `too-many-keys`; `expired`, `not-yet`
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

function checkTimes(bundle: Bundle, now: UnixSeconds, slot: number): void {
  const { sequence, notBefore, notAfter } = bundle;
  if (notBefore % slot !== 0 || notAfter !== notBefore + 2 * slot) {
    throw new BundleError('unaligned-expiry', 'not two slots from the start of a slot');
  }
  if (sequence !== notBefore / slot) throw new BundleError('bad-sequence', 'not the number of its slot');
  if (now >= notAfter) throw new BundleError('expired', `expired ${now - notAfter} s ago`);
  const early = notBefore - Math.min(TOLERANCE, slot / 2) - now;
  if (early > 0) throw new BundleError('not-yet', `valid in ${early} s`);
}
