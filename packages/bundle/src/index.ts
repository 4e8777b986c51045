export { acceptBundle, compareBundles } from './accept.ts';
export type { AcceptedBundle, AcceptOptions, BundleOrder } from './accept.ts';
export { BUNDLE_TYPE, decodeBundle, encodeBundle, type Bundle } from './bundle.ts';
export { BundleError } from './error.ts';
export { checkKeyCounts } from './key-count.ts';
export {
  decodeLoggedBundle,
  encodeLoggedBundle,
  LOGGED_BUNDLE_TYPE,
  MOST_PROOF,
  type LoggedBundle,
} from './logged-bundle.ts';
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
  type Ed25519Verify,
  type SignedBundle,
} from './signed-bundle.ts';
export { verifySignedBundle, type VerifyOptions } from './verify.ts';
