export { acceptBundle, compareBundles, refillKeysDiffer } from './accept.ts';
export type { AcceptedBundle, AcceptOptions, BundleOrder } from './accept.ts';
export {
  asVersion1,
  encodedVersion1,
  BUNDLE_TYPE,
  decodeBundle,
  encodeBundle,
  type Bundle,
  type Extension,
} from './bundle.ts';
export { BundleError } from './error.ts';
export { checkKeyCounts } from './key-count.ts';
export type { LengthClass } from './length-class.ts';
export { readLogEntry, voidEntry, type LogEntryRules } from './log-entry.ts';
export {
  decodeLoggedBundle,
  encodeLoggedBundle,
  LOGGED_BUNDLE_TYPE,
  MOST_PROOF,
  type LoggedBundle,
} from './logged-bundle.ts';
export { REFILL_SERVICE, type PackEntry, type Refill } from './refill.ts';
export type { ServiceEntry } from './service-entry.ts';
export {
  bundleDigest,
  bundleSigningInput,
  checkRoot,
  decodeSignedBundle,
  encodeSignedBundle,
  nobleEd25519Verify,
  rootPublicKey,
  signBundle,
  signVersions,
  type Ed25519Verify,
  type SignedBundle,
  type VersionSignatures,
} from './signed-bundle.ts';
export { verifySignedBundle, type VerifyOptions } from './verify.ts';
