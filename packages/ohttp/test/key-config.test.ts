import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeKeyConfig,
  decodeKeyConfigs,
  encodeKeyConfig,
  encodeKeyConfigs,
  KEM,
  loadGatewayKey,
  type KeyConfig,
} from '@sotto/ohttp';
import { nodeHpke } from '@sotto/ohttp/node';
import { concat, fromHex, hex, ProtocolError, uint, vector, type Bytes } from '@sotto/wire';
import { AES, codeOf, keyPair, random } from './support.ts';

const withCode = (code: string) => expect.objectContaining({ code });
const uint16 = fc.nat(0xffff);
const suites = fc.array(fc.record({ kdfId: uint16, aeadId: uint16 }), { minLength: 1, maxLength: 4 });

/** A configuration of either KEM; half of the time the long key repeats one byte. */
const keyConfig: fc.Arbitrary<KeyConfig> = fc
  .constantFrom([KEM.X25519, 32] as const, [KEM.X_WING, 1216] as const)
  .chain(([kemId, length]) =>
    fc.record({
      keyId: fc.nat(255),
      kemId: fc.constant(kemId),
      publicKey: fc.nat(255).map((byte) => new Uint8Array(length).fill(byte)),
      suites,
    }),
  );

/** Decodes and encodes again; null for a body that is refused. */
function bodyAgain(body: Bytes): Bytes | null {
  try {
    return encodeKeyConfigs(decodeKeyConfigs(body));
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

describe('encoding of a key configuration', () => {
  test('round-trips, alone and in a collection', () => {
    fc.assert(
      fc.property(keyConfig, keyConfig, (a, b) => {
        expect(decodeKeyConfig(encodeKeyConfig(a))).toEqual(a);
        expect(decodeKeyConfigs(encodeKeyConfigs([a, b]))).toEqual([a, b]);
      }),
    );
  });

  test('every proper prefix is refused as truncated', () => {
    fc.assert(
      fc.property(keyConfig, fc.nat(), (config, cut) => {
        const whole = encodeKeyConfig(config);
        const prefix = whole.subarray(0, cut % whole.length);
        expect(() => decodeKeyConfig(prefix)).toThrow(withCode('truncated'));
        const body = encodeKeyConfigs([config]);
        const part = body.subarray(0, 1 + (cut % (body.length - 1)));
        expect(() => decodeKeyConfigs(part)).toThrow(withCode('truncated'));
      }),
    );
  });

  test('one extra byte is refused as trailing, in an entry and after the collection', () => {
    fc.assert(
      fc.property(keyConfig, fc.nat(255), (config, extra) => {
        const longer = concat(encodeKeyConfig(config), Uint8Array.of(extra));
        expect(() => decodeKeyConfig(longer)).toThrow(withCode('trailing'));
        expect(() => decodeKeyConfigs(vector(2, longer))).toThrow(withCode('trailing'));
        const body = concat(encodeKeyConfigs([config]), Uint8Array.of(extra));
        expect(() => decodeKeyConfigs(body)).toThrow(withCode('truncated'));
      }),
    );
  });

  test('arbitrary bytes decode or throw a ProtocolError', () => {
    const soup = fc.oneof(
      fc.uint8Array({ maxLength: 128 }),
      fc.tuple(keyConfig, fc.nat(), fc.nat(255)).map(([config, at, byte]) => {
        const body = encodeKeyConfigs([config]);
        body[at % body.length] = byte;
        return body;
      }),
    );
    fc.assert(
      fc.property(soup, (body) => {
        const again = bodyAgain(body);
        expect(again?.length ?? 0).toBeLessThanOrEqual(body.length);
      }),
      { numRuns: 300 },
    );
  });
});

const ours: KeyConfig = { keyId: 7, kemId: KEM.X25519, publicKey: new Uint8Array(32).fill(5), suites: [AES] };
const entry = (text: string) => vector(2, fromHex(text.replaceAll(' ', '')));
const key = '05'.repeat(32);

describe('a collection', () => {
  test('skips keys with an unknown KEM by their length, and keeps the order', () => {
    const unknown = entry('09 ffff 00'); // the length of its public key is unknown
    const body = concat(
      unknown,
      encodeKeyConfigs([ours]),
      unknown,
      encodeKeyConfigs([{ ...ours, keyId: 8 }]),
      unknown,
    );
    expect(decodeKeyConfigs(body).map(({ keyId }) => keyId)).toEqual([7, 8]);
    expect(decodeKeyConfigs(concat(unknown, unknown))).toEqual([]);
    expect(decodeKeyConfigs(new Uint8Array(0))).toEqual([]);
  });

  test('keeps suites that we do not implement', () => {
    const strange = { ...ours, suites: [{ kdfId: 0x0010, aeadId: 0xffff }, AES] };
    expect(decodeKeyConfigs(encodeKeyConfigs([strange]))).toEqual([strange]);
  });

  test.each([
    ['a short entry length', `0028 07 0020 ${key} 0004 0001 0001`, 'truncated'],
    ['a long entry length', `002a 07 0020 ${key} 0004 0001 0001`, 'truncated'],
    ['suites of 3 bytes', `0028 07 0020 ${key} 0003 0001 00`, 'truncated'],
    ['suites of 6 bytes', `002b 07 0020 ${key} 0006 0001 0001 0001`, 'truncated'],
    ['no suites', `0025 07 0020 ${key} 0000`, 'no-suites'],
    ['a byte after the suites', `002a 07 0020 ${key} 0004 0001 0001 00`, 'trailing'],
    ['an empty entry', '0000', 'truncated'],
    ['an entry without a KEM', '0002 07 00', 'truncated'],
    ['one stray byte', '00', 'truncated'],
  ])('with %s is refused as a whole', (_name, text, code) => {
    const bad = fromHex(text.replaceAll(' ', ''));
    expect(() => decodeKeyConfigs(bad)).toThrow(withCode(code));
    expect(() => decodeKeyConfigs(concat(encodeKeyConfigs([ours]), bad))).toThrow(withCode(code));
    const skipped = concat(entry('09 ffff'), bad);
    expect(() => decodeKeyConfigs(skipped)).toThrow(withCode(code));
  });

  test('refuses to encode a key that it could not decode', () => {
    expect(() => encodeKeyConfig({ ...ours, suites: [] })).toThrow(withCode('no-suites'));
    expect(() => encodeKeyConfig({ ...ours, publicKey: new Uint8Array(31) })).toThrow(withCode('bad-key'));
    expect(() => encodeKeyConfig({ ...ours, kemId: 0xffff })).toThrow(withCode('unsupported-kem'));
    expect(() => encodeKeyConfig({ ...ours, keyId: 256 })).toThrow(withCode('out-of-range'));
    expect(() => decodeKeyConfig(concat(uint(1, 1), uint(2, 0xffff)))).toThrow(withCode('unsupported-kem'));
  });
});

describe('loadGatewayKey', () => {
  const hpke = nodeHpke();

  test('returns the configuration that is published to clients', async () => {
    const { config, privateKey } = await keyPair(hpke, KEM.X_WING, 9);
    const loaded = await loadGatewayKey(hpke, { ...config, privateKey });
    expect(loaded.config).toEqual(config);
    expect(hex(loaded.key.publicKey)).toBe(hex(config.publicKey));
  });

  test('refuses a public key that does not belong to the private key', async () => {
    const { config, privateKey } = await keyPair(hpke, KEM.X25519);
    const other = await keyPair(hpke, KEM.X25519);
    const publicKey = other.config.publicKey;
    expect(await codeOf(() => loadGatewayKey(hpke, { ...config, privateKey, publicKey }))).toBe('bad-key');
  });

  test('refuses an unknown KEM, an empty suite list and a private key of a wrong length', async () => {
    const good = { keyId: 1, kemId: KEM.X25519, privateKey: random(32), suites: [AES] };
    expect(await codeOf(() => loadGatewayKey(hpke, { ...good, kemId: 0x0010 }))).toBe('unsupported-kem');
    expect(await codeOf(() => loadGatewayKey(hpke, { ...good, suites: [] }))).toBe('no-suites');
    expect(await codeOf(() => loadGatewayKey(hpke, { ...good, privateKey: random(31) }))).toBe('bad-key');
  });
});
