import { describe, expect, test } from 'vitest';
import { concat, hex, utf8 } from '@sotto/wire';
import {
  asVersion1,
  bundleSigningInput,
  encodeBundle,
  encodeSignedBundle,
  signBundle,
  verifySignedBundle,
  type Bundle,
  type Refill,
} from '@sotto/bundle';
import { ed25519, ristretto255 } from '@noble/curves/ed25519.js';
import { bundle2Of, bundleOf, DAY, NOW, refillKey, refillOf, ROOT, ROOT_SECRET, signed } from './support.ts';

const FIRST = NOW / DAY;
const refused = (code: string) => expect.objectContaining({ code });
const open = (bundle: Bundle) => verifySignedBundle(signed(bundle), { roots: [ROOT], now: bundle.notBefore });
const withRefill = (changes: Partial<Refill>) => () => open(bundle2Of({ refill: refillOf(FIRST, changes) }));

describe('version 2', () => {
  test('a bundle of any epoch of a period opens, with refills and without', () => {
    for (let epochs = 0; epochs < 8; epochs++) {
      expect(open(bundle2Of({}, epochs))).toEqual(bundle2Of({}, epochs));
      expect(open(bundle2Of({ refill: null }, epochs))).toEqual(bundle2Of({ refill: null }, epochs));
    }
  });

  test('is signed in its own context: no signature is valid for both versions', () => {
    const encoded = encodeBundle(bundle2Of());
    expect(hex(bundleSigningInput(encoded))).toBe(hex(concat(utf8('sotto key bundle v2\0'), encoded)));
    const signature = ed25519.sign(concat(utf8('sotto key bundle v1\0'), encoded), ROOT_SECRET);
    const other = encodeSignedBundle({ bundle: encoded, signature: new Uint8Array(signature) });
    expect(() => verifySignedBundle(other, { roots: [ROOT], now: NOW })).toThrow(refused('bad-signature'));
  });

  test('signing uses the context of the version of the bytes', () => {
    for (const bundle of [bundleOf(), bundle2Of()]) {
      const encoded = encodeBundle(bundle);
      const input = bundleSigningInput(encoded);
      expect(ed25519.verify(signBundle(encoded, ROOT_SECRET), input, ROOT)).toBe(true);
    }
  });

  test('without its extension it is the bundle of version 1: the same keys and services, and no refill', () => {
    expect(asVersion1(bundle2Of())).toEqual(bundleOf());
    expect(asVersion1(bundleOf())).toEqual(bundleOf());
  });

  test('adds 159 to 351 bytes to version 1 beside the service refill, 255 on an average day: at most 300', () => {
    const added = [0, 1, 2, 3, 4, 5, 6].map((epochs) => {
      const whole = bundle2Of({}, epochs);
      const bare = { ...asVersion1(whole), services: whole.services };
      return encodeBundle(whole).length - encodeBundle(bare).length;
    });
    expect(added).toEqual([351, 319, 287, 255, 223, 191, 159]);
    expect(added.reduce((sum, bytes) => sum + bytes, 0) / added.length).toBeLessThanOrEqual(300);
  });
});

const keys = refillOf(FIRST).keys;
const [a = refillKey(1), b = refillKey(2)] = keys;

describe('refill keys that could distinguish users are refused as malformed-keys', () => {
  test.each<[string, Partial<Refill>]>([
    ['one key fewer', { keys: keys.slice(1) }],
    ['one key more', { keys: [...keys, refillKey(1)] }],
    ['no keys', { keys: [] }],
    ['a repeated key', { keys: [...keys.slice(0, -2), a, a] }],
    ['the first key again at the end', { keys: [...keys.slice(0, -1), a] }],
    ['an encoding that is not an element', { keys: [new Uint8Array(32).fill(0xff), ...keys.slice(1)] }],
    [
      'an element of the field that is not a point',
      { keys: [Uint8Array.of(1, ...new Uint8Array(31)), ...keys.slice(1)] },
    ],
    ['the identity', { keys: [new Uint8Array(ristretto255.Point.ZERO.toBytes()), ...keys.slice(1)] }],
    ['a period of 0', { period: 0 }],
    ['a period of 29', { period: 29, window: 8 }],
    ['a window of another length', { window: 3 }],
    ['no vouchers', { perEpoch: 0 }],
    ['nine vouchers for an epoch', { perEpoch: 9 }],
    ['keys of 33 bytes', { keys: keys.map((key) => concat(key, Uint8Array.of(0))) }],
    ['a last key of 31 bytes', { keys: [...keys.slice(0, -1), b.subarray(1)] }],
  ])('%s', (_name, changes) => {
    expect(withRefill(changes)).toThrow(refused('malformed-keys'));
  });
});

describe('services and lengths that do not fit each other are refused as malformed-services', () => {
  const entry = { service: 'stickers', tokens: 30 };
  test.each<[string, Partial<Refill>]>([
    ['an empty pack', { pack: [] }],
    ['a service twice', { pack: [entry, entry] }],
    ['an unknown service', { pack: [entry, { service: 'weather', tokens: 30 }] }],
    ['another service instead', { pack: [{ service: 'weather', tokens: 30 }] }],
    ['vouchers in the pack', { pack: [entry, { service: 'refill', tokens: 1 }] }],
    ['no tokens', { pack: [{ service: 'stickers', tokens: 0 }] }],
  ])('%s', (_name, changes) => {
    expect(withRefill(changes)).toThrow(refused('malformed-services'));
  });

  test('a bundle with refills and without the service', () => {
    const bundle = bundle2Of();
    const services = bundle.services.filter(({ name }) => name !== 'refill');
    expect(() => open({ ...bundle, services })).toThrow(refused('malformed-services'));
  });

  test('a service whose pair of lengths is in no class', () => {
    const classes = [
      { name: 'default', requestLength: 1024, responseLength: 2048 },
      { name: 'refill', requestLength: 2048, responseLength: 98304 },
    ];
    expect(() => open(bundle2Of({ classes }))).toThrow(refused('malformed-services'));
    expect(() => open(bundle2Of({ classes: [] }))).toThrow(refused('malformed-services'));
  });

  test('a length class without a name, and one name twice', () => {
    const one = { name: 'default', requestLength: 1024, responseLength: 98304 };
    expect(() => open(bundle2Of({ classes: [one, one] }))).toThrow(refused('malformed-services'));
    expect(() => open(bundle2Of({ classes: [{ ...one, name: '' }] }))).toThrow(refused('malformed-services'));
  });
});

test('a flag of presence that is neither 0 nor 1 is out of range', () => {
  const encoded = encodeBundle(bundle2Of({ refill: null }));
  expect(encoded.at(-1)).toBe(0);
  encoded[encoded.length - 1] = 2;
  const whole = encodeSignedBundle({ bundle: encoded, signature: signBundle(encoded, ROOT_SECRET) });
  expect(() => verifySignedBundle(whole, { roots: [ROOT], now: NOW })).toThrow(refused('out-of-range'));
});
