import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, ProtocolError, type Bytes } from '@sotto/wire';
import { decodeBundle, decodeSignedBundle, encodeBundle, encodeSignedBundle } from '@sotto/bundle';
import { encodeServiceEntry } from '../src/service-entry.ts';
import { anyBundle } from './support.ts';

const refused = (code: string) => expect.objectContaining({ code });

/** The error that a function throws, or null. */
function thrown(run: () => unknown): unknown {
  try {
    run();
    return null;
  } catch (error) {
    return error;
  }
}

const anySigned = fc
  .record({
    bundle: fc.uint8Array({ maxLength: 90 }),
    signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  })
  .map(({ bundle, signature }) => ({ bundle: new Uint8Array(bundle), signature: new Uint8Array(signature) }));

const codecs: readonly [string, fc.Arbitrary<unknown>, (x: never) => Bytes, (bytes: Bytes) => unknown][] = [
  ['Bundle', anyBundle, encodeBundle, decodeBundle],
  ['SignedBundle', anySigned, encodeSignedBundle, decodeSignedBundle],
];

describe.each(codecs)('the four laws of %s', (_name, any, encode, decode) => {
  test('decode inverts encode', () => {
    fc.assert(
      fc.property(any, (value) => {
        expect(decode(encode(value as never))).toEqual(value);
      }),
    );
  });

  test('every proper prefix is refused as truncated', () => {
    fc.assert(
      fc.property(any, fc.nat(), (value, cut) => {
        const whole = encode(value as never);
        const prefix = whole.subarray(0, cut % whole.length);
        expect(() => decode(prefix)).toThrow(expect.objectContaining({ code: 'truncated' }));
      }),
    );
  });

  test('one extra byte is refused as trailing', () => {
    fc.assert(
      fc.property(any, fc.nat({ max: 255 }), (value, extra) => {
        const longer = concat(encode(value as never), Uint8Array.of(extra));
        expect(() => decode(longer)).toThrow(expect.objectContaining({ code: 'trailing' }));
      }),
    );
  });

  test('arbitrary bytes decode or throw a ProtocolError', () => {
    fc.assert(
      fc.property(any, fc.uint8Array({ maxLength: 60 }), fc.nat(), (value, soup, at) => {
        const spoilt = encode(value as never);
        spoilt.set(soup.subarray(0, Math.max(0, spoilt.length - (at % spoilt.length))), at % spoilt.length);
        for (const input of [new Uint8Array(soup), spoilt]) {
          const error = thrown(() => decode(input));
          expect(error === null || error instanceof ProtocolError).toBe(true);
        }
      }),
    );
  });
});

test('an empty service name, a repeated one and a next root of 31 bytes are refused', () => {
  const [one] = fc.sample(anyBundle, { numRuns: 1, seed: 1 });
  if (one === undefined) throw new Error('no sample');
  const service = {
    name: 'a',
    tokenType: 0,
    challenge: new Uint8Array(0),
    requestLength: 1,
    responseLength: 1,
    streams: false,
    streamsRequests: false,
  };
  const twice = encodeBundle({ ...one, services: [service, service] });
  expect(() => decodeBundle(twice)).toThrow(refused('malformed-services'));
  const nameless = encodeBundle({ ...one, services: [{ ...service, name: '' }] });
  expect(() => decodeBundle(nameless)).toThrow(refused('malformed-services'));
  const short = encodeBundle({ ...one, nextRoot: new Uint8Array(31) });
  expect(() => decodeBundle(short)).toThrow(refused('bad-root'));
  const version = encodeBundle(one);
  version[1] = 3;
  expect(() => decodeBundle(version)).toThrow(refused('unknown-version'));
});

test('a length that would change a flag of streams is out of range', () => {
  const entry = {
    name: 'a',
    tokenType: 0,
    challenge: new Uint8Array(0),
    streams: false,
    streamsRequests: false,
  };
  const ofRequest = (length: number) =>
    encodeServiceEntry({ ...entry, requestLength: length, responseLength: 1 });
  const ofResponse = (length: number) =>
    encodeServiceEntry({ ...entry, requestLength: 1, responseLength: length });
  for (const encode of [ofRequest, ofResponse]) {
    expect(encode(2 ** 31 - 1)).toHaveLength(14);
    expect(() => encode(2 ** 31)).toThrow(expect.objectContaining({ code: 'out-of-range' }));
  }
});
