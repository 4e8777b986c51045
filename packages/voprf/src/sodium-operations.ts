import { expand_message_xmd } from '@noble/curves/abstract/hash-to-curve.js';
import { sha512 } from '@noble/hashes/sha2.js';
import type { Bytes } from '@sotto/wire';
import { MULTIPLES } from './digits.ts';
import type { RawSodium } from './sodium-raw.ts';
import { sumDigits } from './sum-digits.ts';

/** An element with its encoding. */
export interface SodiumPoint {
  readonly p3: Bytes; // libsodium's form of a decoded point
  readonly bytes: Bytes;
}

const LENGTH = 32; // bytes, of an encoded element and of a scalar
const WIDE = 64; // bytes
const POINT = 160; // bytes
const MESSAGE = 1024; // bytes; noble hashes longer messages
const BLOCK = 128; // bytes, of SHA-512
const DIGITS = 257; // of 256 bits, and a carry
const ONE = Uint8Array.of(1, ...new Uint8Array(LENGTH - 1));
/** As many elements as one sum takes at a time, so that their tables fit in memory. */
const SUMMANDS = 128;

/**
 * Addresses in libsodium's memory. Its data and its stack end at 107,648, and no function that we call allocates, so what
 * follows is ours: 4 MiB in all.
 */
const OUT = 0x2_0000;
const P3 = OUT + WIDE;
const A = P3 + POINT;
const B = A + POINT;
const P1P1 = B + POINT;
const TWICE = P1P1 + POINT;
const MESSAGES = TWICE + POINT;
const SCRATCH_END = MESSAGES + MESSAGE;
const TABLES = OUT + 0x1000;

const IDENTITY = new Uint8Array(POINT); // Y = Z = 1, in ten words each
IDENTITY[40] = 1;
IDENTITY[80] = 1;

/** libsodium's operations on byte strings. Each leaves nothing behind in the memory that is ours. */
export class Operations {
  readonly #raw: RawSodium;
  readonly #memory: Uint8Array<ArrayBuffer>;
  readonly #words: Uint32Array<ArrayBuffer>;

  constructor(raw: RawSodium) {
    this.#raw = raw;
    this.#memory = new Uint8Array(raw.memory.buffer);
    this.#words = new Uint32Array(raw.memory.buffer);
  }

  #result<T>(result: T): T {
    this.#memory.fill(0, OUT, SCRATCH_END);
    return result;
  }

  #read(at: number, length: number): Bytes {
    return this.#memory.slice(at, at + length);
  }

  /** SHA-512. */
  readonly hash = (message: Bytes): Bytes => {
    if (message.length > MESSAGE) return sha512(message);
    this.#memory.set(message, MESSAGES);
    this.#raw.crypto_hash_sha512(OUT, MESSAGES, message.length, 0);
    return this.#result(this.#read(OUT, WIDE));
  };

  /**
   * 64 uniform bytes: expand_message_xmd (RFC 9380 §5.3.1). The message of its second hash, b_0 || 1 || DST_prime, is made in
   * the place of the end of its first, Z_pad || message || 64 || 0 || DST_prime.
   */
  expand(message: Bytes, dst: Bytes): Bytes {
    const dstAt = MESSAGES + BLOCK + message.length + 3;
    const end = dstAt + dst.length + 1;
    if (end > SCRATCH_END || dst.length > 255) return expand_message_xmd(message, dst, WIDE, sha512);
    const second = dstAt - 1 - WIDE;
    const memory = this.#memory;
    memory.set(message, MESSAGES + BLOCK); // Z_pad is zero, as all of our memory is
    memory[dstAt - 2] = WIDE;
    memory.set(dst, dstAt);
    memory[end - 1] = dst.length;
    this.#raw.crypto_hash_sha512(second, MESSAGES, end - MESSAGES, 0);
    memory[dstAt - 1] = 1;
    this.#raw.crypto_hash_sha512(OUT, second, end - second, 0);
    return this.#result(this.#read(OUT, WIDE));
  }

  /** Null unless the bytes are canonical, and not the identity. */
  decode(bytes: Bytes): SodiumPoint | null {
    if (bytes.length !== LENGTH) return null;
    this.#memory.set(bytes, A);
    if (this.#isZero(A)) return null;
    const failed = this.#raw.ristretto255_frombytes(P3, A) !== 0;
    return this.#result(failed ? null : { p3: this.#read(P3, POINT), bytes: bytes.slice() });
  }

  /** Whether the 32 bytes at this address are the encoding of the identity. */
  #isZero(at: number): boolean {
    const words = this.#words;
    let all = 0;
    for (let i = at / 4; i < (at + LENGTH) / 4; i++) all |= words[i] as number;
    return all === 0;
  }

  /** The point at P3, with its encoding. Null for the identity. */
  #point(): SodiumPoint | null {
    this.#raw.ristretto255_p3_tobytes(OUT, P3);
    const bytes = this.#read(OUT, LENGTH);
    return this.#isZero(OUT) ? null : { p3: this.#read(P3, POINT), bytes };
  }

  /** Null for the identity. */
  fromHash(uniform: Bytes): SodiumPoint | null {
    this.#memory.set(uniform, A);
    this.#raw.crypto_core_ristretto255_from_hash(OUT, A);
    return this.decode(this.#result(this.#read(OUT, LENGTH)));
  }

  /** A secret scalar below n times an element. Null for the identity. */
  multiply(scalar: Bytes, { p3 }: SodiumPoint): SodiumPoint | null {
    this.#memory.set(scalar, A);
    this.#memory.set(p3, B);
    this.#raw.ge25519_scalarmult(P3, A, B);
    return this.#result(this.#point());
  }

  /** A secret scalar below n times the generator. Null for the identity. */
  multiplyBase(scalar: Bytes): SodiumPoint | null {
    this.#memory.set(scalar, A);
    this.#raw.ge25519_scalarmult_base(P3, A);
    return this.#result(this.#point());
  }

  /**
   * The sum of scalar times element by Straus's method. The time depends on the scalars, so they must be public. Null for
   * the identity.
   */
  sumPublic(scalars: readonly Bytes[], elements: readonly SodiumPoint[]): SodiumPoint | null {
    if (elements.length > SUMMANDS) return this.#sumOfSums(scalars, elements);
    for (const [i, { p3 }] of elements.entries()) this.#oddMultiples(p3, tableOf(i));
    this.#addProducts(scalars);
    this.#memory.fill(0, TABLES, tableOf(elements.length));
    return this.#result(this.#point());
  }

  #sumOfSums(scalars: readonly Bytes[], elements: readonly SodiumPoint[]): SodiumPoint | null {
    const sums: SodiumPoint[] = [];
    for (let first = 0; first < elements.length; first += SUMMANDS) {
      const end = first + SUMMANDS;
      const sum = this.sumPublic(scalars.slice(first, end), elements.slice(first, end));
      if (sum !== null) sums.push(sum);
    }
    return this.sumPublic(
      sums.map(() => ONE),
      sums,
    );
  }

  /** P, 3P, … 15P, each as the second operand of an addition. */
  #oddMultiples(p3: Bytes, table: number): void {
    const raw = this.#raw;
    this.#memory.set(p3, P3);
    raw.ge25519_p3_to_cached(table, P3);
    raw.ge25519_p2_dbl(P1P1, P3);
    raw.ge25519_p1p1_to_p3(A, P1P1);
    raw.ge25519_p3_to_cached(TWICE, A);
    for (let i = 1; i < MULTIPLES; i++) {
      raw.ge25519_add_cached(P1P1, P3, TWICE);
      raw.ge25519_p1p1_to_p3(P3, P1P1);
      raw.ge25519_p3_to_cached(table + i * POINT, P3);
    }
  }

  /** The sum of scalar times the point of each table, at P3. */
  #addProducts(scalars: readonly Bytes[]): void {
    const raw = this.#raw;
    const words = scalars.map((scalar) => new Uint32Array(scalar.slice().buffer));
    const { counts, entries } = sumDigits(words, DIGITS, { first: TABLES, size: POINT });
    this.#memory.set(IDENTITY, P3);
    for (let bit = DIGITS - 1; bit >= 0; bit--) {
      raw.ge25519_p2_dbl(P1P1, P3);
      raw.ge25519_p1p1_to_p3(P3, P1P1);
      const first = bit * words.length;
      const end = first + (counts[bit] as number);
      for (let i = first; i < end; i++) {
        const entry = entries[i] as number;
        if (entry > 0) raw.ge25519_add_cached(P1P1, P3, entry);
        else raw.ge25519_sub_cached(P1P1, P3, -entry);
        raw.ge25519_p1p1_to_p3(P3, P1P1);
      }
    }
  }

  /** r - c * k */
  respond(r: Bytes, c: Bytes, k: Bytes): Bytes {
    const raw = this.#raw;
    this.#memory.set(c, A);
    this.#memory.set(k, B);
    raw.crypto_core_ristretto255_scalar_mul(P3, A, B);
    this.#memory.set(r, A);
    raw.crypto_core_ristretto255_scalar_sub(OUT, A, P3);
    return this.#result(this.#read(OUT, LENGTH));
  }

  /** @param scalar - not zero */
  invert(scalar: Bytes): Bytes {
    this.#memory.set(scalar, A);
    this.#raw.crypto_core_ristretto255_scalar_invert(OUT, A);
    return this.#result(this.#read(OUT, LENGTH));
  }

  /** @param wide - at most 64 bytes */
  reduce(wide: Bytes): Bytes {
    this.#memory.set(wide, A);
    this.#raw.crypto_core_ristretto255_scalar_reduce(OUT, A);
    return this.#result(this.#read(OUT, LENGTH));
  }
}

const tableOf = (i: number): number => TABLES + i * MULTIPLES * POINT;
