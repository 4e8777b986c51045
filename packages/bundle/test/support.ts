import * as fc from 'fast-check';
import { concat, EMPTY, utf8, vector, uint, type Bytes } from '@sotto/wire';
import { encodeBundle, encodeSignedBundle, rootPublicKey, signBundle, type Bundle } from '@sotto/bundle';

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

export function bundleOf(changes: Partial<Bundle> = {}, slots = 0): Bundle {
  return {
    sequence: NOW / DAY + slots,
    notBefore: NOW + slots * DAY,
    notAfter: NOW + (slots + 2) * DAY,
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
      },
    ],
    nextRoot: EMPTY,
    ...changes,
  };
}

export function signed(bundle: Bundle, secret: Bytes = ROOT_SECRET): Bytes {
  const encoded = encodeBundle(bundle);
  return encodeSignedBundle({ bundle: encoded, signature: signBundle(encoded, secret) });
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((b) => new Uint8Array(b));
const u16 = fc.nat({ max: 0xffff });
const u53 = fc.maxSafeNat();

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
    }),
    { maxLength: 4, selector: ({ name }) => name },
  ),
  nextRoot: fc.constantFrom(0, 32).map((length) => new Uint8Array(length)),
});
