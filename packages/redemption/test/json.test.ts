import { utf8, type Bytes } from '@sotto/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeResult,
  decodeRedemption,
  decodeRefillCall,
  decodeRefillResult,
  decodeSchedule,
  encodeResult,
  encodeRedemption,
  encodeRefillCall,
  encodeRefillResult,
  encodeSchedule,
  REDEMPTION_OUTCOMES,
  REFILL_OUTCOMES,
  RedemptionError,
} from '../src/index.ts';

const bytes = (max = 200): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ maxLength: max }).map((value) => new Uint8Array(value));

test('redemption: survives encoding and decoding', () => {
  const redemption = fc.record({
    service: fc.string(),
    token: bytes(),
    tag: bytes(32),
    envelope: bytes(32),
    idempotent: fc.boolean(),
    knownRevision: fc.maxSafeNat(),
  });
  fc.assert(
    fc.property(redemption, (r) => {
      expect(decodeRedemption(encodeRedemption(r))).toEqual(r);
    }),
  );
});

test('outcome: each of the contract survives encoding and decoding', () => {
  for (const outcome of REDEMPTION_OUTCOMES)
    expect(decodeResult(encodeResult({ outcome, revision: 7 }))).toEqual({ outcome, revision: 7 });
});

test('schedule: survives encoding and decoding', () => {
  const challenge = fc.record({ service: fc.string(), tokenType: fc.nat(0xffff), challenge: bytes() });
  const refill = fc.record({
    period: fc.nat(),
    perEpoch: fc.nat(),
    keys: fc.array(bytes(32)),
    pack: fc.array(fc.record({ service: fc.string(), tokens: fc.nat() })),
  });
  const epoch = fc.record({
    start: fc.maxSafeNat(),
    directory: bytes(),
    challenges: fc.array(challenge),
    refill: fc.option(refill),
  });
  const schedule = fc.record({ revision: fc.maxSafeNat(), epochs: fc.array(epoch) });
  fc.assert(
    fc.property(schedule, (s) => {
      expect(decodeSchedule(encodeSchedule(s))).toEqual(s);
    }),
  );
});

test('refill: call and result survive encoding and decoding', () => {
  const call = fc.record({
    token: bytes(),
    pack: bytes(),
    envelope: bytes(32),
    knownRevision: fc.maxSafeNat(),
  });
  const result = fc.record({
    outcome: fc.constantFrom(...REFILL_OUTCOMES),
    body: fc.option(bytes()),
    revision: fc.maxSafeNat(),
  });
  fc.assert(
    fc.property(call, result, (c, r) => {
      expect(decodeRefillCall(encodeRefillCall(c))).toEqual(c);
      expect(decodeRefillResult(encodeRefillResult(r))).toEqual(r);
    }),
  );
});

test('redemption: a field that a later gateway adds is ignored, a missing `idempotent` means false, and a missing revision 0', () => {
  const message = { service: 's', token: 'AA', tag: 'AQ', envelope: 'Ag', later: [1] };
  expect(decodeRedemption(utf8(JSON.stringify(message)))).toEqual({
    service: 's',
    token: Uint8Array.of(0),
    tag: Uint8Array.of(1),
    envelope: Uint8Array.of(2),
    idempotent: false,
    knownRevision: 0,
  });
});

const ENDPOINTS = [
  ['redemption', decodeRedemption],
  ['result', decodeResult],
  ['schedule', decodeSchedule],
  ['refill', decodeRefillCall],
  ['result of a refill', decodeRefillResult],
] as const;

test.each(ENDPOINTS)('%s: anything that is not its JSON is refused with one error class', (_name, decode) => {
  const epoch = { start: 0, directory: '', challenges: [] };
  const odd: unknown[] = [
    null,
    [],
    1,
    'first',
    {},
    { outcome: 'second' },
    { outcome: ['first'], revision: 1 },
    { outcome: 'first' },
    { outcome: 'first', revision: '1' },
    { service: 's', token: 'AA', tag: 'AQ', envelope: '!' },
    { service: 's', token: 'AA', tag: 'AQ', envelope: 1 },
    { service: 1, token: 'AA', tag: 'AQ', envelope: 'AQ' },
    { epochs: [] },
    { revision: 1, epochs: {} },
    { token: 'AA', pack: 'AA', envelope: 'AA' },
    { token: 'AA', pack: 1, envelope: 'AA', knownRevision: 1 },
    { outcome: 'malformed', revision: 1, body: 7 },
    { revision: 1, epochs: [{ ...epoch, refill: { period: 7, perEpoch: 3, keys: [1], pack: [] } }] },
    {
      revision: 1,
      epochs: [{ ...epoch, refill: { period: 7, perEpoch: 3, keys: [], pack: [{ service: 's' }] } }],
    },
    { revision: 1, epochs: [null] },
    { revision: 1, epochs: [{ ...epoch, start: 1.5 }] },
    { revision: 1, epochs: [{ ...epoch, directory: '=' }] },
    { revision: 1, epochs: [{ ...epoch, challenges: [{ service: 's', tokenType: '5', challenge: '' }] }] },
  ];
  const bodies = [
    new Uint8Array(0),
    Uint8Array.of(0xff),
    utf8('{'),
    ...odd.map((o) => utf8(JSON.stringify(o))),
  ];
  for (const body of bodies) expect(() => decode(body)).toThrow(RedemptionError);
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
    return null;
  } catch (error) {
    return error;
  }
}

test('every decoder: random bytes and random JSON throw nothing but RedemptionError', () => {
  const body = fc.oneof(
    bytes(),
    fc.json().map((text) => utf8(text)),
  );
  fc.assert(
    fc.property(fc.constantFrom(...ENDPOINTS), body, ([, decode], input) => {
      expect(thrownBy(() => decode(input))).toSatisfy(
        (error) => error === null || error instanceof RedemptionError,
      );
    }),
  );
});
