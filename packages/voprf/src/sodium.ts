/* oxlint-disable no-underscore-dangle -- these are libsodium's own names */
import { expand_message_xmd } from '@noble/curves/abstract/hash-to-curve.js';
import { ristretto255 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import type { Bytes } from '@sotto/wire';
import type { Group, Secret } from './group.ts';
import { ristretto255Group } from './noble-group.ts';
import { createVoprf } from './protocol.ts';
import { belowOrder } from './scalar.ts';
import type { Voprf } from './voprf.ts';

type Address = number;

/** What we use of libsodium's raw module: addresses in, 0 or -1 out. All of it is constant in time. */
export interface RawSodium {
  readonly HEAPU8: Uint8Array;
  _malloc(length: number): Address;
  _crypto_hash_sha512(hash: Address, message: Address, length: number, lengthHigh: number): number;
  _crypto_scalarmult_ristretto255(q: Address, n: Address, p: Address): number;
  _crypto_scalarmult_ristretto255_base(q: Address, n: Address): number;
  _crypto_core_ristretto255_is_valid_point(p: Address): number;
  _crypto_core_ristretto255_add(r: Address, p: Address, q: Address): number;
  _crypto_core_ristretto255_from_hash(p: Address, hash: Address): number;
  _crypto_core_ristretto255_scalar_reduce(r: Address, wide: Address): void;
  _crypto_core_ristretto255_scalar_mul(z: Address, x: Address, y: Address): void;
  _crypto_core_ristretto255_scalar_sub(z: Address, x: Address, y: Address): void;
  _crypto_core_ristretto255_scalar_invert(recip: Address, s: Address): number;
}

/** libsodium as a runtime has it. */
export interface Sodium {
  readonly raw: RawSodium;
  /** Who adds up public elements by public scalars: noble where BigInt is fast (workerd), else libsodium. */
  readonly sums: 'libsodium' | 'noble';
}

const LENGTH = 32; // bytes, of an element and of a scalar
const WIDE = 64; // bytes
const SCRATCH = 4 * WIDE; // bytes
const MESSAGE = 1024; // bytes; longer messages are hashed by noble
const HASH_SIZES = { outputLen: WIDE, blockLen: 128 }; // bytes
/** n = 2^252 + 27742317777372353535851937790883648493, as a scalar is written. */
const ORDER = Uint8Array.of(
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
); // prettier-ignore
const GENERATOR_SCALAR = Uint8Array.of(1, ...new Uint8Array(31));

/**
 * ristretto255-SHA512 whose elements and secret scalars are touched by libsodium alone.
 *
 * @param sodium - from `@sotto/voprf/sodium-node` or `@sotto/voprf/sodium-workerd`
 */
export function sodiumVoprf(sodium: Sodium): Voprf {
  return createVoprf(sodiumGroup(sodium));
}

/** Elements stay in their encoding: libsodium decodes them for each operation, in 9 µs. */
function sodiumGroup({ raw, sums }: Sodium): Group<Bytes> {
  const scratch = raw._malloc(SCRATCH);
  const [out, a, b] = [scratch, scratch + WIDE, scratch + 2 * WIDE];
  const longer = raw._malloc(MESSAGE);

  /** Runs one operation on a and b in libsodium's memory, which then forgets them. */
  function run(x: Bytes, y: Bytes | null, operation: () => number | void): Bytes | null {
    raw.HEAPU8.set(x, a);
    if (y !== null) raw.HEAPU8.set(y, b);
    const failed = operation() === -1;
    const result = raw.HEAPU8.slice(out, out + LENGTH);
    raw.HEAPU8.fill(0, scratch, scratch + SCRATCH);
    return failed ? null : result;
  }

  /** SHA-512, in the shape in which noble's expand_message_xmd takes it. */
  const hash = Object.assign((message: Uint8Array): Bytes => {
    if (message.length > MESSAGE) return sha512(message);
    raw.HEAPU8.set(message, longer);
    raw._crypto_hash_sha512(out, longer, message.length, 0);
    const digest = raw.HEAPU8.slice(out, out + WIDE);
    raw.HEAPU8.fill(0, longer, longer + message.length);
    return digest;
  }, HASH_SIZES) as typeof sha512;
  const expand = (message: Bytes, dst: Bytes) => expand_message_xmd(message, dst, WIDE, hash);

  const multiply = (scalar: Bytes, element: Bytes) =>
    run(scalar, element, () => raw._crypto_scalarmult_ristretto255(out, a, b));
  const multiplyBase = (scalar: Bytes) =>
    run(scalar, null, () => raw._crypto_scalarmult_ristretto255_base(out, a));
  const add = (x: Bytes, y: Bytes) => run(x, y, () => raw._crypto_core_ristretto255_add(out, a, b));
  const scalarMul = (x: Bytes, y: Bytes) =>
    some(run(x, y, () => raw._crypto_core_ristretto255_scalar_mul(out, a, b)));
  const scalarSub = (x: Bytes, y: Bytes) =>
    some(run(x, y, () => raw._crypto_core_ristretto255_scalar_sub(out, a, b)));
  const scalarInvert = (x: Bytes) =>
    some(run(x, null, () => raw._crypto_core_ristretto255_scalar_invert(out, a)));

  function reduce(wide: Bytes): Bytes {
    const padded = new Uint8Array(WIDE);
    padded.set(wide);
    return some(run(padded, null, () => raw._crypto_core_ristretto255_scalar_reduce(out, a)));
  }

  const group: Group<Bytes> = {
    suite: 'ristretto255-SHA512',
    generator: some(multiplyBase(GENERATOR_SCALAR)),
    hash,
    hashToGroup(message, dst) {
      const element = some(
        run(expand(message, dst), null, () => raw._crypto_core_ristretto255_from_hash(out, a)),
      );
      return isZero(element) ? null : element;
    },
    hashToScalar: (message, dst) => reduce(expand(message, dst)),
    serialize: (element) => element,
    deserialize(bytes) {
      if (bytes.length !== LENGTH || isZero(bytes)) return null;
      raw.HEAPU8.set(bytes, a);
      return raw._crypto_core_ristretto255_is_valid_point(a) === 1 ? bytes.slice() : null;
    },
    isScalar: (bytes) => belowOrder(bytes, ORDER),
    reduce,
    respond: (r, c, k) => scalarSub(r, scalarMul(c, k)),
    invert: (scalars) => scalars.map(scalarInvert),
    load(scalar): Secret<Bytes> {
      return {
        publicElement: () => some(multiplyBase(scalar)),
        multiply: (element) => some(multiply(scalar, element)),
      };
    },
    multiplyOnce: (element, scalar) => some(multiply(scalar, element)),
    publicOf: (scalar) => some(multiplyBase(scalar)),
    combine(scalars, elements) {
      if (sums === 'noble') return nobleSum(scalars, elements);
      let sum: Bytes | null = null;
      for (const [i, element] of elements.entries()) {
        const term = multiply(scalars[i] as Bytes, element); // null when the scalar is zero
        if (term !== null) sum = sum === null ? term : some(add(sum, term));
      }
      return sum === null || isZero(sum) ? null : sum;
    },
  };
  return group;
}

const NOBLE = ristretto255Group();

function nobleSum(scalars: readonly Bytes[], elements: readonly Bytes[]): Bytes | null {
  const sum = NOBLE.combine(
    scalars,
    elements.map((element) => ristretto255.Point.fromBytes(element)),
  );
  return sum === null ? null : NOBLE.serialize(sum);
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** libsodium refuses only what the protocol has refused before: this is a bug, and no peer's doing. */
function some(bytes: Bytes | null): Bytes {
  if (bytes === null) throw new TypeError('libsodium refused a checked value');
  return bytes;
}
