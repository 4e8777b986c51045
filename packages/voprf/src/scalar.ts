import { concat, utf8, type Bytes } from '@sotto/wire';

/** Arithmetic modulo n on serialized scalars, in BigInt. It is not constant-time, so secrets are masked first. */
export interface ScalarField {
  readonly n: bigint;
  readonly Ns: number; // bytes
  readonly littleEndian: boolean;
}

export function scalarToBytes({ Ns, littleEndian }: Omit<ScalarField, 'n'>, value: bigint): Bytes {
  const text = value.toString(16).padStart(2 * Ns, '0');
  const bytes = new Uint8Array(Ns);
  for (let i = 0; i < Ns; i++) {
    bytes[littleEndian ? Ns - 1 - i : i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

export function scalarFromBytes(
  { littleEndian }: { readonly littleEndian: boolean },
  bytes: Uint8Array,
): bigint {
  let text = '';
  for (const octet of bytes) {
    const digits = octet.toString(16).padStart(2, '0');
    text = littleEndian ? digits + text : text + digits;
  }
  return BigInt(`0x${text}`);
}

export function mod(value: bigint, n: bigint): bigint {
  const rest = value % n;
  return rest < 0n ? rest + n : rest;
}

const SPLIT = utf8('Sotto split');

/**
 * r - c * k, with k split into two new shares for each proof, so that no multiplication uses k itself.
 *
 * The first share is a hash of r, which is as random and as secret as r. So the proof needs no other randomness than
 * RFC 9497's r.
 */
export function respond(
  field: ScalarField,
  hash: (message: Bytes) => Bytes,
  r: Bytes,
  c: Bytes,
  k: Bytes,
): Bytes {
  const { n } = field;
  const challenge = scalarFromBytes(field, c);
  const [first, second] = splitScalar(field, hash, r, k);
  const masked = mod(scalarFromBytes(field, r) - challenge * first, n);
  return scalarToBytes(field, mod(masked - challenge * second, n));
}

/** Two shares whose sum is k modulo n. The first is a hash of the nonce r. */
export function splitScalar(
  field: ScalarField,
  hash: (message: Bytes) => Bytes,
  r: Bytes,
  k: Bytes,
): readonly [first: bigint, second: bigint] {
  const { n } = field;
  const wide = concat(hash(concat(SPLIT, r)), hash(concat(r, SPLIT)));
  const first = mod(scalarFromBytes(field, wide), n);
  return [first, mod(scalarFromBytes(field, k) + n - first, n)];
}

/** Inverts values other than zero with one inversion (Montgomery's trick). */
export function invertAll(
  values: readonly bigint[],
  modulus: bigint,
  invert: (value: bigint) => bigint,
): bigint[] {
  const products: bigint[] = [];
  let product = 1n;
  for (const value of values) {
    products.push(product);
    product = (product * value) % modulus;
  }
  let inverse = invert(mod(product, modulus));
  const inverses: bigint[] = [];
  for (let i = values.length - 1; i >= 0; i--) {
    inverses[i] = (inverse * (products[i] as bigint)) % modulus;
    inverse = (inverse * (values[i] as bigint)) % modulus;
  }
  return inverses;
}

/** Whether little-endian bytes of the order's length are below the order, in constant time. */
export function belowOrder(bytes: Uint8Array, order: Uint8Array): boolean {
  if (bytes.length !== order.length) return false;
  let borrow = 0;
  for (let i = 0; i < order.length; i++) {
    borrow = (((bytes[i] ?? 0) - (order[i] ?? 0) - borrow) >> 8) & 1;
  }
  return borrow === 1;
}
