import { ristretto255 } from '@noble/curves/ed25519.js';
import * as fc from 'fast-check';
import { concat, EMPTY, utf8, vector, uint, voucherEpochs, voucherWindow, type Bytes } from '@sotto/wire';
import {
  encodeBundle,
  encodeSignedBundle,
  rootPublicKey,
  signBundle,
  type Bundle,
  type Extension,
  type Refill,
} from '@sotto/bundle';

export const DAY = 86_400;
export const ROOT_SECRET: Bytes = new Uint8Array(32).fill(7);
export const NEXT_SECRET: Bytes = new Uint8Array(32).fill(8);
export const ROOT = rootPublicKey(ROOT_SECRET);
export const NEXT_ROOT = rootPublicKey(NEXT_SECRET);

/** The start of the epoch of these tests: 2026-12-01. */
export const NOW = 20_788 * DAY;

export function keyConfigs(...keys: readonly (readonly [keyId: number, kemId: number])[]): Bytes {
  return concat(
    ...keys.map(([keyId, kemId]) => vector(2, concat(uint(1, keyId), uint(2, kemId), new Uint8Array(40)))),
  );
}

export function directory(...keys: readonly { type: number; service?: string }[]): Bytes {
  return utf8(
    JSON.stringify({
      'issuer-request-uri': '/token-request',
      'token-keys': keys.map(({ type, service }) => ({
        'token-type': type,
        'token-key': 'AA==',
        ...(service === undefined ? {} : { service }),
      })),
    }),
  );
}

export function bundleOf(changes: Partial<Bundle> = {}, epochs = 0): Bundle {
  return {
    sequence: NOW / DAY + epochs,
    notBefore: NOW + epochs * DAY,
    notAfter: NOW + (epochs + 2) * DAY,
    suite: { kemId: 0x647a, kdfId: 1, aeadId: 1 },
    keyConfigs: keyConfigs([0, 0x647a], [1, 0x20]),
    directory: directory({ type: 5, service: 'stickers' }, { type: 5, service: 'stickers' }),
    services: [
      {
        name: 'stickers',
        tokenType: 5,
        challenge: utf8('challenge'),
        requestLength: 1024,
        responseLength: 98304,
        streams: false,
        streamsRequests: false,
      },
    ],
    nextRoot: EMPTY,
    extension: null,
    ...changes,
  };
}

/** The public key of an epoch: the index-th multiple of the base point. */
export const refillKey = (epochIndex: number): Bytes =>
  new Uint8Array(ristretto255.Point.BASE.multiply(BigInt(epochIndex)).toBytes());

/** The refill terms in the bundle of an epoch, with periods of seven epochs. */
export function refillOf(epochIndex: number, changes: Partial<Refill> = {}): Refill {
  const times = { period: 7, window: voucherWindow(7) };
  const keys = Array.from({ length: voucherEpochs(epochIndex, 7) }, (_, i) => refillKey(epochIndex + i));
  return { ...times, perEpoch: 3, keys, pack: [{ service: 'stickers', tokens: 30 }], ...changes };
}

const CLASSES = [
  { name: 'default', requestLength: 1024, responseLength: 98304 },
  { name: 'refill', requestLength: 2048, responseLength: 2048 },
];

/** A bundle of version 2, of an epoch this many after the first of these tests. */
export function bundle2Of(changes: Partial<Extension> = {}, epochs = 0): Bundle {
  const one = bundleOf({}, epochs);
  const [stickers] = one.services;
  if (stickers === undefined) throw new Error('no service');
  const refill = { ...stickers, name: 'refill', requestLength: 2048, responseLength: 2048 };
  const extension = { classes: CLASSES, provider: 'provider-b', refill: refillOf(one.sequence), ...changes };
  return { ...one, services: [stickers, ...(extension.refill === null ? [] : [refill])], extension };
}

export function signed(bundle: Bundle, secret: Bytes = ROOT_SECRET): Bytes {
  const encoded = encodeBundle(bundle);
  return encodeSignedBundle({ bundle: encoded, signature: signBundle(encoded, secret) });
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((b) => new Uint8Array(b));
const u16 = fc.nat({ max: 0xffff });
const u53 = fc.maxSafeNat();

const u8 = fc.nat({ max: 255 });
const anyName = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' });
const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((b) => new Uint8Array(b));

const anyExtension: fc.Arbitrary<Extension> = fc.record({
  classes: fc.uniqueArray(fc.record({ name: anyName, requestLength: fc.nat(), responseLength: fc.nat() }), {
    maxLength: 3,
    selector: (one) => one.name,
  }),
  provider: fc.string({ maxLength: 20 }).filter((text) => text.isWellFormed()),
  refill: fc.option(
    fc.record({
      period: u8,
      window: u8,
      perEpoch: u8,
      keys: fc.array(key, { maxLength: 3 }),
      pack: fc.array(fc.record({ service: anyName, tokens: u16 }), { maxLength: 3 }),
    }),
  ),
});

export const anyBundle: fc.Arbitrary<Bundle> = fc.record({
  sequence: u53,
  notBefore: u53,
  notAfter: u53,
  suite: fc.record({ kemId: u16, kdfId: u16, aeadId: u16 }),
  keyConfigs: bytes(80),
  directory: bytes(80),
  services: fc.uniqueArray(
    fc.record({
      name: fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }),
      tokenType: u16,
      challenge: bytes(40),
      requestLength: fc.nat(),
      responseLength: fc.nat(),
      streams: fc.boolean(),
      streamsRequests: fc.boolean(),
    }),
    { maxLength: 4, selector: ({ name }) => name },
  ),
  nextRoot: fc.constantFrom(0, 32).map((length) => new Uint8Array(length)),
  extension: fc.option(anyExtension),
});
