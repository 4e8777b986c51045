import { p384 } from '@noble/curves/nist.js';
import { sha384 } from '@noble/hashes/sha2.js';
import { concat, hex, type Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { ecdhGroup, type Coordinates, type Ecdh } from '../src/ecdh-group.ts';
import { nobleVoprf } from '../src/index.ts';
import { createVoprf } from '../src/protocol.ts';
import { respond, scalarToBytes, splitScalar, type ScalarField } from '../src/scalar.ts';
import { seeded } from './support.ts';

const { Point } = p384;
const n = Point.Fn.ORDER;
const FIELD: ScalarField = { n, Ns: 48, littleEndian: false };
const bytes = (value: bigint): Bytes => scalarToBytes(FIELD, value);
type Loaded = Awaited<ReturnType<Ecdh['load']>>;
const number = (scalar: Uint8Array) => BigInt(`0x${hex(scalar)}`);

const coordinatesOf = (point: typeof Point.BASE): Coordinates => {
  const { x, y } = point.toAffine();
  return { x: bytes(x), y: bytes(y) };
};

/** ECDH by noble that uses `actual(k)` in place of each scalar k, so that its results are recognizable. */
function recordingEcdh(actual: (k: bigint) => bigint): { ecdh: Ecdh; loaded: bigint[] } {
  const loaded: bigint[] = [];
  const ecdh: Ecdh = {
    load(scalar) {
      loaded.push(number(scalar));
      const k = actual(number(scalar));
      return {
        publicKey: coordinatesOf(Point.BASE.multiply(k)),
        derive: ({ x, y }) => coordinatesOf(Point.fromAffine({ x: number(x), y: number(y) }).multiply(k)).x,
      };
    },
  };
  return { ecdh, loaded };
}

test('N67 ECDH computes the public key, the evaluation and the commitments of a proof, and BigInt none of them', async () => {
  const { ecdh, loaded } = recordingEcdh((k) => (k + 1n) % n); // as no other implementation would
  const voprf = createVoprf(ecdhGroup(ecdh), { proofNonce: 'given' });
  const key = await voprf.generateKeyPair(seeded(1));
  const k = number(key.secretKey);
  const plusOne = (scalar: bigint) => Point.BASE.multiply(scalar + 1n).toHex(true);
  expect(hex(key.publicKey)).toBe(plusOne(k));
  expect(hex(await voprf.publicKey(bytes(k - 1n)))).toBe(plusOne(k - 1n));

  const blinded = Uint8Array.from(Point.BASE.multiply(7n).toBytes());
  const nonce = seeded(2)(72);
  const { evaluatedElements } = await voprf.blindEvaluate(key, [blinded], () => nonce);
  expect(evaluatedElements.map(hex)).toEqual([Point.BASE.multiply((7n * (k + 1n)) % n).toHex(true)]);
  const input = seeded(3)(98);
  const reference = nobleVoprf('P384-SHA384');
  expect(await voprf.evaluate(key.secretKey, input)).toEqual(await reference.evaluate(bytes(k + 1n), input));
  expect(loaded).toEqual([k, k - 1n, number(nonce) % n]); // each secret once: the key, another key, the nonce
});

describe('the split of the P-384 key in a proof', () => {
  const k = number(seeded(1)(47));
  const c = number(seeded(2)(47));

  test('splitScalar: the shares add up to the scalar, and are different for every nonce', () => {
    const seen = new Set<bigint>([0n, k]);
    for (let seed = 1; seed <= 20; seed++) {
      const [first, second] = splitScalar(FIELD, sha384, bytes(number(seeded(seed + 9)(47))), bytes(k));
      expect((first + second) % n).toBe(k);
      for (const share of [first, second]) {
        expect(share > n >> 40n).toBe(true); // a share is as wide as a scalar
        seen.add(share);
      }
    }
    expect(seen.size).toBe(42);
  });

  test('respond: gives r - c * k, with shares from a hash of r', () => {
    for (const r of [1n, k, c, n - 1n]) {
      const hashed: string[] = [];
      const hash = (message: Bytes): Bytes => {
        hashed.push(hex(message));
        return sha384(message);
      };
      const s = respond(FIELD, hash, bytes(r), bytes(c), bytes(k));
      expect(number(s)).toBe((((r - c * k) % n) + n) % n);
      expect(hashed.filter((message) => message.includes(hex(bytes(r))))).toHaveLength(2);
      const other = (message: Bytes): Bytes => sha384(concat(message, message));
      expect(respond(FIELD, other, bytes(r), bytes(c), bytes(k))).toEqual(s);
    }
  });
});

describe('the consistency check of ECDH', () => {
  const secret = number(seeded(5)(47));

  /** ECDH by noble, whose results `fault` may change. */
  const faulty = (fault: (x: Bytes, call: number) => Bytes): Ecdh => ({
    load(scalar) {
      const correct = recordingEcdh((k) => k).ecdh.load(scalar) as Loaded;
      let call = 0;
      return {
        publicKey: correct.publicKey,
        derive: async (point) => fault(await correct.derive(point), call++),
      };
    },
  });
  const multiply = async (ecdh: Ecdh) => {
    const group = ecdhGroup(ecdh);
    const loaded = await group.load(bytes(secret));
    return loaded.multiply(Point.BASE.multiply(77n));
  };

  test('correct results give the product', async () => {
    const product = await multiply(faulty((x) => x));
    expect(product.equals(Point.BASE.multiply((77n * secret) % n))).toBe(true);
  });

  test.each([
    ['the first result has a flipped bit', 0, (x: Bytes) => x.map((b, i) => (i === 47 ? b ^ 1 : b))],
    ['the second result has a flipped bit', 1, (x: Bytes) => x.map((b, i) => (i === 0 ? b ^ 128 : b))],
    ['the first result belongs to another point', 0, () => coordinatesOf(Point.BASE.multiply(5n)).x],
    ['the second result belongs to another point', 1, () => coordinatesOf(Point.BASE.multiply(5n)).x],
    ['the first result is zero', 0, () => new Uint8Array(48)],
    ['the second result is zero', 1, () => new Uint8Array(48)],
  ])('a product is refused when %s', async (_name, faultyCall, change) => {
    const ecdh = faulty((x, call) => (call === faultyCall ? Uint8Array.from(change(x)) : x));
    await expect(multiply(ecdh)).rejects.toThrow('inconsistent');
  });
});
