import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, Reader, utf8, vector, type Bytes } from '@sotto/wire';
import { encodedVersion1 } from './bundle.ts';
import { BundleError } from './error.ts';

/** Domain separation: no other message signed with the same key begins with these bytes. */
const CONTEXTS = { 1: utf8('sotto key bundle v1\0'), 2: utf8('sotto key bundle v2\0') } as const;

/**
 * An encoded bundle and its signature.
 *
 *     struct { opaque bundle<0..2^32-1>; opaque signature[64]; } SignedBundle;
 */
export interface SignedBundle {
  readonly bundle: Bytes;
  readonly signature: Bytes; // 64 bytes, Ed25519 (RFC 8032 §5.1)
}

/** Whether an Ed25519 signature (64 bytes) on a message is valid under a public key (32 bytes). */
export type Ed25519Verify = (signature: Bytes, message: Bytes, publicKey: Bytes) => boolean;

/** Verification by RFC 8032 §5.1.7: only canonical encodings are accepted, so that a signature has one form. */
export const nobleEd25519Verify: Ed25519Verify = (signature, message, publicKey) => {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
};

/** Encodes a SignedBundle. @throws {BundleError} `bad-signature` when the signature is not 64 bytes */
export function encodeSignedBundle({ bundle, signature }: SignedBundle): Bytes {
  if (signature.length !== 64) {
    throw new BundleError('bad-signature', `signature is ${signature.length} bytes`);
  }
  return concat(vector(4, bundle), signature);
}

/** Decodes a SignedBundle without verifying it. @throws {WireError} `truncated` or `trailing` */
export function decodeSignedBundle(bytes: Bytes): SignedBundle {
  const r = new Reader(bytes);
  const bundle = r.vector(4, 'bundle').rest();
  const signature = r.opaque(64, 'signature');
  r.end('SignedBundle');
  return { bundle, signature };
}

/** The bytes that are signed: the context of the bundle's version, 20 bytes, then the encoded bundle. */
export function bundleSigningInput(encoded: Bytes): Bytes {
  return concat(CONTEXTS[encoded[0] === 0 && encoded[1] === 2 ? 2 : 1], encoded);
}

/**
 * Signs an encoded bundle. The signer can work offline.
 *
 * @param rootSecret - 32 bytes, an Ed25519 seed
 * @returns the signature, 64 bytes
 */
export function signBundle(encoded: Bytes, rootSecret: Bytes): Bytes {
  return ed25519.sign(bundleSigningInput(encoded), rootSecret);
}

/**
 * The signatures on a bundle and on its conversion to version 1. The second is null for a bundle of version
 * 1.
 */
export interface VersionSignatures {
  readonly signature: Bytes;
  readonly signature1: Bytes | null;
}

/** Signs every version of an encoded bundle that a gateway serves. @throws as `decodeBundle` and `signBundle` */
export function signVersions(encoded: Bytes, rootSecret: Bytes): VersionSignatures {
  const version1 = encodedVersion1(encoded);
  return {
    signature: signBundle(encoded, rootSecret),
    signature1: version1 === null ? null : signBundle(version1, rootSecret),
  };
}

/** The public key (32 bytes) that clients pin, computed from its seed (32 bytes). */
export function rootPublicKey(rootSecret: Bytes): Bytes {
  return ed25519.getPublicKey(rootSecret);
}

/** Checks a public key before it is pinned. @throws {BundleError} `bad-root` unless it is 32 bytes and a point of large order */
export function checkRoot(root: Bytes): void {
  try {
    if (root.length === 32 && !ed25519.Point.fromBytes(root, false).isSmallOrder()) return;
  } catch {
    // not a point
  }
  throw new BundleError('bad-root', 'not an Ed25519 public key');
}

/** The digest by which bundles are compared: SHA-256 of the encoding, 32 bytes. */
export function bundleDigest(encoded: Bytes): Bytes {
  return sha256(encoded);
}
