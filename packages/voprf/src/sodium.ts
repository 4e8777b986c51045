/* oxlint-disable no-underscore-dangle -- these are libsodium's own names */
import { expand_message_xmd } from '@noble/curves/abstract/hash-to-curve.js';
import { ristretto255 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import type { Bytes } from '@sotto/wire';
import type { Group, Secret } from './group.ts';
import { ristretto255Group } from './noble-group.ts';
import { createVoprf } from './protocol.ts';
import { belowOrder } from './scalar.ts';
import type { Voprf, VoprfOptions } from './voprf.ts';

type Address = number;

/** The functions of libsodium's raw module that we use: addresses in, 0 or -1 out. All are constant-time. */
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

/** libsodium as loaded by a runtime. */
export interface Sodium {
  readonly raw: RawSodium;
  /**
   * How many sums of public elements times public scalars libsodium computes before noble does. noble is faster where
   * BigInt is fast (workerd), but not before V8 has optimized it.
   */
  readonly libsodiumSums: number;
}

const LENGTH = 32; // bytes, of an element and of a scalar
const WIDE = 64; // bytes
const SCRATCH = 4 * WIDE; // bytes
const MESSAGE = 1024; // bytes; noble hashes longer messages
const HASH_SIZES = { outputLen: WIDE, blockLen: 128 }; // bytes
/** n = 2^252 + 27742317777372353535851937790883648493, little-endian. */
const ORDER = Uint8Array.of(
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
); // prettier-ignore
const GENERATOR_SCALAR = Uint8Array.of(1, ...new Uint8Array(31));

/**
 * ristretto255-SHA512 (RFC 9497 §4.1). Only libsodium touches elements and secret scalars.
 *
 * @param sodium - from `@sotto/voprf/sodium-node` or `@sotto/voprf/sodium-workerd`
 */
export function sodiumVoprf(sodium: Sodium, options?: VoprfOptions): Voprf {
  return createVoprf(sodiumGroup(sodium), options);
}

/** libsodium's operations on byte strings. Each leaves nothing behind in the memory of the WebAssembly. */
class Operations {
  readonly #raw: RawSodium;
  readonly #scratch: Address;
  readonly #out: Address;
  readonly #a: Address;
  readonly #b: Address;
  readonly #message: Address;

  constructor(raw: RawSodium) {
    this.#raw = raw;
    this.#scratch = raw._malloc(SCRATCH);
    [this.#out, this.#a, this.#b] = [this.#scratch, this.#scratch + WIDE, this.#scratch + 2 * WIDE];
    this.#message = raw._malloc(MESSAGE);
  }

  /** Writes x and y to scratch memory, runs one operation, and wipes the memory. Null when libsodium refuses. */
  #run(
    x: Bytes,
    y: Bytes | null,
    operation: (out: Address, a: Address, b: Address) => number | void,
  ): Bytes | null {
    const { HEAPU8 } = this.#raw;
    HEAPU8.set(x, this.#a);
    if (y !== null) HEAPU8.set(y, this.#b);
    const failed = operation(this.#out, this.#a, this.#b) === -1;
    const result = HEAPU8.slice(this.#out, this.#out + LENGTH);
    HEAPU8.fill(0, this.#scratch, this.#scratch + SCRATCH);
    return failed ? null : result;
  }

  /** SHA-512, in the shape in which noble's expand_message_xmd takes it. */
  readonly hash = Object.assign((message: Uint8Array): Bytes => {
    if (message.length > MESSAGE) return sha512(message);
    const { HEAPU8 } = this.#raw;
    HEAPU8.set(message, this.#message);
    this.#raw._crypto_hash_sha512(this.#out, this.#message, message.length, 0);
    const digest = HEAPU8.slice(this.#out, this.#out + WIDE);
    HEAPU8.fill(0, this.#message, this.#message + message.length);
    HEAPU8.fill(0, this.#scratch, this.#scratch + SCRATCH);
    return digest;
  }, HASH_SIZES) as typeof sha512;

  /** 64 uniform bytes (RFC 9380 §5.3.1). */
  expand(message: Bytes, dst: Bytes): Bytes {
    return expand_message_xmd(message, dst, WIDE, this.hash);
  }

  isElement(bytes: Bytes): boolean {
    if (bytes.length !== LENGTH || isZero(bytes)) return false;
    const isValid = (a: Address) => this.#raw._crypto_core_ristretto255_is_valid_point(a) === 1;
    return this.#run(bytes, null, (_out, a) => (isValid(a) ? 0 : -1)) !== null;
  }

  fromHash(uniform: Bytes): Bytes {
    return checked(
      this.#run(uniform, null, (out, a) => this.#raw._crypto_core_ristretto255_from_hash(out, a)),
    );
  }

  /** Null when the scalar is zero. */
  multiply(scalar: Bytes, element: Bytes): Bytes | null {
    return this.#run(scalar, element, (out, a, b) => this.#raw._crypto_scalarmult_ristretto255(out, a, b));
  }

  multiplyBase(scalar: Bytes): Bytes {
    return checked(
      this.#run(scalar, null, (out, a) => this.#raw._crypto_scalarmult_ristretto255_base(out, a)),
    );
  }

  add(x: Bytes, y: Bytes): Bytes {
    return checked(this.#run(x, y, (out, a, b) => this.#raw._crypto_core_ristretto255_add(out, a, b)));
  }

  /** r - c * k */
  respond(r: Bytes, c: Bytes, k: Bytes): Bytes {
    const raw = this.#raw;
    const ck = checked(this.#run(c, k, (out, a, b) => raw._crypto_core_ristretto255_scalar_mul(out, a, b)));
    return checked(this.#run(r, ck, (out, a, b) => raw._crypto_core_ristretto255_scalar_sub(out, a, b)));
  }

  invert(scalar: Bytes): Bytes {
    return checked(
      this.#run(scalar, null, (out, a) => this.#raw._crypto_core_ristretto255_scalar_invert(out, a)),
    );
  }

  /** @param wide - at most 64 bytes */
  reduce(wide: Bytes): Bytes {
    const padded = new Uint8Array(WIDE);
    padded.set(wide);
    return checked(
      this.#run(padded, null, (out, a) => this.#raw._crypto_core_ristretto255_scalar_reduce(out, a)),
    );
  }
}

/** Elements stay in their encoding: libsodium decodes them for each operation, in 9 µs. */
function sodiumGroup({ raw, libsodiumSums }: Sodium): Group<Bytes> {
  const sodium = new Operations(raw);
  let sums = 0;
  const multiply = (scalar: Bytes, element: Bytes): Bytes => checked(sodium.multiply(scalar, element));
  return {
    suite: 'ristretto255-SHA512',
    generator: sodium.multiplyBase(GENERATOR_SCALAR),
    hash: sodium.hash,
    hashToGroup(message, dst) {
      const element = sodium.fromHash(sodium.expand(message, dst));
      return isZero(element) ? null : element;
    },
    hashToScalar: (message, dst) => sodium.reduce(sodium.expand(message, dst)),
    serialize: (element) => element,
    deserialize: (bytes) => (sodium.isElement(bytes) ? bytes.slice() : null),
    isScalar: (bytes) => belowOrder(bytes, ORDER),
    reduce: (wide) => sodium.reduce(wide),
    respond: (r, c, k) => sodium.respond(r, c, k),
    invert: (scalars) => scalars.map((scalar) => sodium.invert(scalar)),
    load: (scalar): Secret<Bytes> => ({
      publicElement: () => sodium.multiplyBase(scalar),
      multiply: (element) => multiply(scalar, element),
    }),
    combine: (scalars, elements) =>
      sums++ < libsodiumSums ? sodiumSum(sodium, scalars, elements) : nobleSum(scalars, elements),
  };
}

function sodiumSum(sodium: Operations, scalars: readonly Bytes[], elements: readonly Bytes[]): Bytes | null {
  let sum: Bytes | null = null;
  for (const [i, element] of elements.entries()) {
    const term = sodium.multiply(scalars[i] as Bytes, element);
    if (term !== null) sum = sum === null ? term : sodium.add(sum, term);
  }
  return sum === null || isZero(sum) ? null : sum;
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

/** The protocol passes only checked values to libsodium, so a refusal is a bug here and no fault of a peer. */
function checked(bytes: Bytes | null): Bytes {
  if (bytes === null) throw new TypeError('libsodium refused a value that was checked before');
  return bytes;
}
