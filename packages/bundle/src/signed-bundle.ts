import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, Reader, utf8, vector, type Bytes } from '@sotto/wire';
import { BundleError } from './error.ts';

/** Bytes that no other message of ours begins with, if the same key should ever sign one. */
const CONTEXT = utf8('sotto key bundle v1\0');

/**
 * A bundle and its signature.
 *
 *     struct { opaque bundle<0..2^32-1>; opaque signature[64]; } SignedBundle;
 */
export interface SignedBundle {
  readonly bundle: Bytes;
  readonly signature: Bytes; // 64 bytes, Ed25519 (RFC 8032 §5.1)
}

/** Whether an Ed25519 signature (64 bytes) is this public key's (32 bytes) on the message. */
export type Ed25519Verify = (signature: Bytes, message: Bytes, publicKey: Bytes) => boolean;

/** Verifies as RFC 8032 §5.1.7 has it: canonical encodings only, so that one signature has one form. */
export const nobleEd25519Verify: Ed25519Verify = (signature, message, publicKey) => {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
};

/** @throws {BundleError} `bad-signature` when the signature is not 64 bytes */
export function encodeSignedBundle({ bundle, signature }: SignedBundle): Bytes {
  if (signature.length !== 64) {
    throw new BundleError('bad-signature', `signature is ${signature.length} bytes`);
  }
  return concat(vector(4, bundle), signature);
}

/** @throws {WireError} `truncated` or `trailing` */
export function decodeSignedBundle(bytes: Bytes): SignedBundle {
  const r = new Reader(bytes);
  const bundle = r.vector(4, 'bundle').rest();
  const signature = r.opaque(64, 'signature');
  r.end('SignedBundle');
  return { bundle, signature };
}

/** What is signed: a context of 20 bytes, then the encoded bundle. */
export function bundleSigningInput(encoded: Bytes): Bytes {
  return concat(CONTEXT, encoded);
}

/**
 * Signs an encoded bundle. For the signer, who need not be online.
 *
 * @param rootSecret - 32 bytes, an Ed25519 seed
 * @returns the signature, 64 bytes
 */
export function signBundle(encoded: Bytes, rootSecret: Bytes): Bytes {
  return ed25519.sign(bundleSigningInput(encoded), rootSecret);
}

/** The public key, 32 bytes, that clients pin for this seed. */
export function rootPublicKey(rootSecret: Bytes): Bytes {
  return ed25519.getPublicKey(rootSecret);
}

/** @throws {BundleError} `bad-root` unless these are the 32 bytes of a point that may be pinned */
export function checkRoot(root: Bytes): void {
  try {
    if (root.length === 32 && !ed25519.Point.fromBytes(root, false).isSmallOrder()) return;
  } catch {
    // no point
  }
  throw new BundleError('bad-root', 'not an Ed25519 public key');
}

/** The name that a bundle is compared by: SHA-256 of its encoding, 32 bytes. */
export function bundleDigest(encoded: Bytes): Bytes {
  return sha256(encoded);
}
