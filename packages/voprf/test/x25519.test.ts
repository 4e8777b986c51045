import { ed25519, ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { hex, type Bytes } from '@sotto/wire';
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { ristretto255Voprf } from '../src/ristretto255.ts';
import { scalarFromBytes, scalarToBytes } from '../src/scalar.ts';
import { webcryptoX25519, type X25519Subtle } from '../src/x25519.ts';
import { x25519Group, type X25519 } from '../src/x25519-group.ts';
import { seeded } from './support.ts';

const { Point } = ristretto255;
type Element = typeof Point.BASE;
const n = Point.Fn.ORDER;
const SCALAR = { n, Ns: 32, littleEndian: true };
const bytes = (value: bigint): Bytes => scalarToBytes(SCALAR, value);
const native = webcryptoX25519(crypto.subtle);
const multiply = async (x25519: X25519, k: bigint, P: Element) =>
  (await x25519Group(x25519).load(bytes(k))).multiply(P);

/** X25519 that records its private keys, and whose results `change` may alter. */
function watched(change: (u: Bytes, call: number) => Bytes = (u) => u) {
  const keys: Bytes[] = [];
  let call = 0;
  const x25519: X25519 = {
    async load(scalars) {
      keys.push(...scalars);
      const loaded = await native.load(scalars);
      return loaded && { derive: async (u) => (await loaded.derive(u)).map((one) => change(one, call++)) };
    },
  };
  return { x25519, keys };
}

const hashed = fc
  .uint8Array({ minLength: 4, maxLength: 4 })
  .map((seed) => ristretto255_hasher.hashToCurve(Uint8Array.from(seed)));
const low = ed25519.Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'); // order 8
const moved = fc.tuple(hashed, fc.constantFrom(2n, 4n, 6n)).map(([P, m]) => {
  return Point.fromAffine(ed25519.Point.fromAffine(P.toAffine()).add(low.multiplyUnsafe(m)).toAffine());
});
const point = fc.oneof(hashed, moved, fc.constantFrom(Point.BASE, Point.BASE.negate(), Point.BASE.double()));

describe('products by X25519', () => {
  // 8 and n - 8 make k / 8 = 1 and -1; 64 and n - 64, and those next to them, make an m that X25519 cannot use.
  const edges = [1n, 2n, 7n, 8n, 9n, 16n, 24n, 56n, 63n, 64n, 65n, 128n, 2n ** 251n, 2n ** 252n - 1n];
  const scalar = fc.oneof(
    fc.constantFrom(...edges, ...edges.map((k) => (n - k) % n)),
    fc.bigInt({ min: 1n, max: n - 1n }),
  );

  test('agree with noble, for scalars at the edges of clamping and for points with a part of small order', async () => {
    await fc.assert(
      fc.asyncProperty(scalar, point, async (k, P) => {
        const product = await multiply(native, k, P);
        expect(product.toHex()).toBe(Point.fromBytes(P.toBytes()).multiply(k).toHex());
      }),
      { numRuns: 80 },
    );
  });

  test('two clamped private keys, for k / 8 and k / 8 + 1 or their negatives, and no multiplication in BigInt', async () => {
    const { x25519, keys } = watched();
    const parseInt = vi.spyOn(Number, 'parseInt');
    const k = scalarFromBytes(SCALAR, seeded(1)(31));
    await multiply(x25519, k, Point.BASE.double());
    const digits = parseInt.mock.calls.filter(([text]) => text.length === 1); // of noble's masked product
    parseInt.mockRestore();
    expect(digits).toEqual([]);
    expect(keys).toHaveLength(2);
    for (const [i, key] of keys.entries()) {
      const used = scalarFromBytes(SCALAR, key);
      expect([used & 7n, used >> 254n]).toEqual([0n, 1n]);
      expect([k + 8n * BigInt(i), n - k - 8n * BigInt(i)]).toContain((8n * used) % n);
    }
  });

  test('a key that X25519 cannot use is multiplied in JavaScript, and so is every key without X25519', async () => {
    const { x25519, keys } = watched();
    const P = Point.BASE.double();
    expect((await multiply(x25519, 64n, P)).equals(P.multiply(64n))).toBe(true);
    expect(keys).toEqual([]);
    const none: X25519 = { load: () => null };
    expect((await multiply(none, 12345n, P)).equals(P.multiply(12345n))).toBe(true);
  });

  test('of a batch agree with noble, encoded and decoded, also when X25519 cannot use one of the keys', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(scalar, point), { minLength: 1, maxLength: 4 }), async (terms) => {
        const events: string[] = [];
        const group = x25519Group({
          async load(scalars) {
            events.push('keys');
            return native.load(scalars);
          },
        });
        const usable = [...terms, [128n, Point.BASE] as const]; // half of 128 is 64, which X25519 cannot use
        const products = await group.multiplyEach?.(
          usable.map(([k]) => bytes(k)),
          usable.map(([, P]) => P),
          () => void events.push('pause'),
        );
        const expected = usable.map(([k, P]) => Point.fromBytes(P.toBytes()).multiply(k).toHex());
        expect(products?.map((product) => hex(product.bytes))).toEqual(expected);
        expect(products?.map(({ element }) => element.toHex())).toEqual(expected);
        expect(events.filter((event) => event === 'pause')).toHaveLength(usable.length);
        expect(events[0]).toBe('pause'); // before the first key is loaded
        expect(events.at(-1)).toBe('pause'); // 64 is not loaded
      }),
      { numRuns: 30 },
    );
  });

  const other = bytes(9n);
  test.each([
    ['the first result has a flipped bit', 0, (u: Bytes) => u.map((b, i) => (i === 0 ? b ^ 1 : b))],
    ['the second result has a flipped bit', 1, (u: Bytes) => u.map((b, i) => (i === 31 ? b ^ 64 : b))],
    ['the first result belongs to another point', 0, () => other],
    ['the second result belongs to another point', 1, () => other],
    ['the first result is zero', 0, () => new Uint8Array(32)],
    ['the second result is zero', 1, () => new Uint8Array(32)],
  ])('are refused when %s', async (_name, faultyCall, change) => {
    const { x25519 } = watched((u, call) => (call === faultyCall ? Uint8Array.from(change(u)) : u));
    await expect(multiply(x25519, 77n, Point.BASE.double())).rejects.toThrow('inconsistent');
  });
});

describe('X25519 of WebCrypto', () => {
  const input = seeded(1)(98);
  const reference = ristretto255Voprf().blind(input, seeded(2));

  test('leaves no private key in the memory that it passed to WebCrypto', async () => {
    const passed: Uint8Array[] = [];
    const subtle: X25519Subtle = {
      importKey: ((format: string, data: Uint8Array, ...rest: [never, never, never]) => {
        if (format === 'pkcs8') passed.push(data);
        return crypto.subtle.importKey(format as never, data as never, ...rest);
      }) as unknown as X25519Subtle['importKey'],
      deriveBits: (...args) => crypto.subtle.deriveBits(...args),
    };
    expect(await ristretto255Voprf(subtle).blind(input, seeded(2))).toEqual(await reference);
    expect(passed).toHaveLength(2);
    for (const data of passed) expect(hex(data)).toBe('00'.repeat(48));
  });

  test('is tried once where it is missing, and everything is done in JavaScript', async () => {
    let calls = 0;
    const subtle: X25519Subtle = {
      importKey: () => Promise.reject(new DOMException(`call ${++calls}`, 'NotSupportedError')),
      deriveBits: () => Promise.reject(new Error('no key')),
    };
    const voprf = ristretto255Voprf(subtle);
    for (let i = 0; i < 3; i++) expect(await voprf.blind(input, seeded(2))).toEqual(await reference);
    expect(calls).toBeLessThanOrEqual(2); // both keys of the first scalar
  });
});
