import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, fromHex, utf8, type Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import { nobleEd25519Verify } from '../src/signed-bundle.ts';

const { Point } = ed25519;
/** A point of order 8. */
const TORSION = '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05';
const littleEndian = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);

/** A signature under a key with a part of order 8: valid by the equation with the cofactor alone (RFC 8032 §5.1.7). */
function signedUnderMixedKey(message: Bytes): { readonly signature: Bytes; readonly key: Bytes } {
  const [a, r] = [12_345_678_901_234_567_890n, 987_654_321n];
  const key = new Uint8Array(Point.BASE.multiply(a).add(Point.fromHex(TORSION, true)).toBytes());
  const commitment = new Uint8Array(Point.BASE.multiply(r).toBytes());
  const k = littleEndian(sha512(concat(commitment, key, message)));
  const scalar = ((r + k * a) % Point.Fn.ORDER).toString(16).padStart(64, '0');
  return { signature: concat(commitment, fromHex(scalar).toReversed()), key };
}

test('Ed25519: WebCrypto refuses a signature that noble accepts, so clients do not mix them (decision 43)', async () => {
  const message = utf8('x');
  const { signature, key } = signedUnderMixedKey(message);
  expect(nobleEd25519Verify(signature, message, key)).toBe(true);
  const imported = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
  expect(await crypto.subtle.verify('Ed25519', imported, signature, message)).toBe(false);
});
