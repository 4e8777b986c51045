import { beforeAll, describe, expect, test } from 'vitest';
import {
  decapsulateRequest,
  encapsulatedRequestLength,
  encapsulatedResponseLength,
  encapsulateRequest,
  KEM,
  loadGatewayKey,
  type GatewayKey,
  type KeyConfig,
} from '@sotto/ohttp';
import { concat, hex, uint, utf8, type Bytes } from '@sotto/wire';
import { implementations } from './implementations.ts';
import { AES, byId, CHACHA, codeOf, keyPair, random, SUITES } from './support.ts';

const REQUEST = utf8('a request');

describe.each(implementations)('%s', (_name, hpke) => {
  const keys: GatewayKey[] = [];
  let config: KeyConfig;
  let sealed: Bytes;
  const open = (bytes: Bytes) => decapsulateRequest(hpke, keys, bytes);

  beforeAll(async () => {
    for (const [kemId, keyId] of [
      [KEM.X25519, 1],
      [KEM.X_WING, 2],
    ] as const) {
      const pair = await keyPair(hpke, kemId, keyId);
      keys.push(await loadGatewayKey(hpke, { ...pair.config, privateKey: pair.privateKey }));
    }
    config = keys[0]?.config ?? expect.fail('no key');
    sealed = (await encapsulateRequest(hpke, config, AES, REQUEST, random)).encapsulatedRequest;
  });

  const sendTo = (over: Partial<KeyConfig>) => () =>
    encapsulateRequest(hpke, { ...config, ...over }, AES, REQUEST, random);

  test.each([0, 1, 1024, 65_536])(
    'a request and a response of %i bytes round-trip with every key and suite',
    async (size) => {
      for (const { config: to, kem } of keys) {
        for (const suite of SUITES) {
          const aead = byId(hpke.aeads, suite.aeadId);
          const request = random(size);
          const sent = await encapsulateRequest(hpke, to, suite, request, random);
          expect(sent.encapsulatedRequest).toHaveLength(encapsulatedRequestLength({ kem, aead }, size));
          const opened = await open(sent.encapsulatedRequest);
          expect(hex(opened.request)).toBe(hex(request));
          expect([opened.keyId, opened.kemId, opened.enc.length]).toEqual([to.keyId, to.kemId, kem.Nenc]);
          const response = random(size);
          const answer = await opened.sealResponse(response, random);
          expect(answer).toHaveLength(encapsulatedResponseLength(aead, size));
          expect(hex(await sent.openResponse(answer))).toBe(hex(response));
        }
      }
    },
  );

  test('a request that is a view into a larger buffer opens', async () => {
    const around = concat(random(7), sealed, random(9));
    expect((await open(around.subarray(7, 7 + sealed.length))).request).toEqual(REQUEST);
  });

  test('two encapsulations of one request differ in every part after the header', async () => {
    const again = (await encapsulateRequest(hpke, config, AES, REQUEST, random)).encapsulatedRequest;
    expect(hex(again.subarray(0, 7))).toBe(hex(sealed.subarray(0, 7)));
    expect(hex(again.subarray(7, 39))).not.toBe(hex(sealed.subarray(7, 39)));
  });

  test('G01 a request cut at every byte is refused as truncated, or as not authentic once a tag fits', async () => {
    const shortest = 7 + 32 + 16; // header, enc, tag
    const expected = Array.from(sealed, (_, cut) => (cut < shortest ? 'truncated' : 'open-failed'));
    const codes = [];
    for (let cut = 0; cut < sealed.length; cut++)
      codes.push(await codeOf(() => open(sealed.subarray(0, cut))));
    expect(codes).toEqual(expected);
  });

  test('G02 one bit flipped at every byte is refused', async () => {
    for (let at = 0; at < sealed.length; at++) {
      const flipped = sealed.slice();
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      const code =
        at === 0
          ? 'unknown-key-id'
          : at < 3
            ? 'unsupported-kem'
            : at < 7
              ? 'unsupported-suite'
              : 'open-failed';
      expect([at, await codeOf(() => open(flipped))]).toEqual([at, code]);
    }
  });

  test('G03 a request with 1 to 64 extra bytes is refused', async () => {
    for (const extra of [1, 2, 16, 63, 64]) {
      expect(await codeOf(() => open(concat(sealed, new Uint8Array(extra))))).toBe('open-failed');
    }
  });

  test('G04 an unknown key id is refused', async () => {
    const other = sealed.slice();
    other[0] = 3;
    expect(await codeOf(() => open(other))).toBe('unknown-key-id');
    expect(await codeOf(() => decapsulateRequest(hpke, [], sealed))).toBe('unknown-key-id');
  });

  test.each([
    ['the KEM of another key', 1, KEM.X_WING, 'unsupported-kem'],
    ['an unknown KEM', 1, 0xffff, 'unsupported-kem'],
    ['a KEM that is none of ours', 1, 0x0010, 'unsupported-kem'],
    ['an unknown KDF', 3, 0xffff, 'unsupported-suite'],
    ['a KDF that is not offered', 3, 0x0002, 'unsupported-suite'],
    ['a one-stage KDF', 3, 0x0010, 'unsupported-suite'],
    ['an AEAD that is not offered', 5, 0x0002, 'unsupported-suite'],
    ['export-only', 5, 0xffff, 'unsupported-suite'],
  ])('G05 %s is refused', async (_fault, at, value, code) => {
    const other = sealed.slice();
    other.set(uint(2, value), at);
    expect(await codeOf(() => open(other))).toBe(code);
  });

  test('G05 a suite that the key does not offer, or that the implementation lacks, is refused', async () => {
    const { privateKey, config: pair } = await keyPair(hpke, KEM.X25519);
    const lacking = { kdfId: 1, aeadId: 2 };
    const key = await loadGatewayKey(hpke, { ...pair, privateKey, suites: [AES, lacking] });
    const wide = { ...pair, suites: [AES, CHACHA, lacking] };
    const sent = await encapsulateRequest(hpke, wide, CHACHA, REQUEST, random);
    expect(await codeOf(() => decapsulateRequest(hpke, [key], sent.encapsulatedRequest))).toBe(
      'unsupported-suite',
    );
    expect(await codeOf(() => encapsulateRequest(hpke, wide, lacking, REQUEST, random))).toBe(
      'unsupported-suite',
    );
    const header = concat(sent.encapsulatedRequest.subarray(0, 5), uint(2, 2), new Uint8Array(64));
    expect(await codeOf(() => decapsulateRequest(hpke, [key], header))).toBe('unsupported-suite');
  });

  test('G06 0 to 6 bytes, a bare header, enc short by one byte and a missing tag are refused as truncated', async () => {
    for (const length of [0, 1, 2, 3, 4, 5, 6, 7, 38, 39, 54]) {
      expect(await codeOf(() => open(sealed.subarray(0, length)))).toBe('truncated');
    }
    const xWing = concat(Uint8Array.of(2), uint(2, KEM.X_WING), uint(2, 1), uint(2, 1), new Uint8Array(1119));
    expect(await codeOf(() => open(xWing))).toBe('truncated');
    expect(await codeOf(() => open(concat(xWing, new Uint8Array(16))))).toBe('truncated');
    expect(await codeOf(() => open(concat(xWing, new Uint8Array(1), random(16))))).toBe('open-failed');
  });

  test('a key is selected by key id and KEM together', async () => {
    const twin = await keyPair(hpke, KEM.X_WING, 1);
    const both = [await loadGatewayKey(hpke, { ...twin.config, privateKey: twin.privateKey }), ...keys];
    expect((await decapsulateRequest(hpke, both, sealed)).kemId).toBe(KEM.X25519);
    const sent = await encapsulateRequest(hpke, twin.config, AES, REQUEST, random);
    expect((await decapsulateRequest(hpke, both, sent.encapsulatedRequest)).kemId).toBe(KEM.X_WING);
  });

  test('another key with the same id does not open it', async () => {
    const other = await keyPair(hpke, KEM.X25519);
    const key = await loadGatewayKey(hpke, { ...other.config, privateKey: other.privateKey });
    expect(await codeOf(() => decapsulateRequest(hpke, [key], sealed))).toBe('open-failed');
  });

  test('a response cut at every byte, flipped at every byte or lengthened is refused', async () => {
    const sent = await encapsulateRequest(hpke, config, AES, REQUEST, random);
    const answer = await (await open(sent.encapsulatedRequest)).sealResponse(utf8('response'), random);
    for (let at = 0; at < answer.length; at++) {
      const cut = at < 32 ? 'truncated' : 'open-failed';
      expect(await codeOf(() => sent.openResponse(answer.subarray(0, at)))).toBe(cut);
      const flipped = answer.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 0x80;
      expect(await codeOf(() => sent.openResponse(flipped))).toBe('open-failed');
    }
    expect(await codeOf(() => sent.openResponse(concat(answer, new Uint8Array(1))))).toBe('open-failed');
    const other = await encapsulateRequest(hpke, config, AES, REQUEST, random);
    expect(await codeOf(() => other.openResponse(answer))).toBe('open-failed');
  });

  test('a response nonce of a wrong length is refused with bad-nonce', async () => {
    const { sealResponse } = await open(sealed);
    expect(await codeOf(() => sealResponse(REQUEST, () => new Uint8Array(12)))).toBe('bad-nonce');
  });

  test('encapsulating to an unknown KEM, an unknown suite or a bad key is refused', async () => {
    expect(await codeOf(sendTo({ kemId: 0xffff }))).toBe('unsupported-kem');
    expect(await codeOf(sendTo({ suites: [CHACHA] }))).toBe('unsupported-suite');
    expect(await codeOf(sendTo({ publicKey: new Uint8Array(32) }))).toBe('bad-key');
    expect(await codeOf(sendTo({ publicKey: new Uint8Array(31).fill(9) }))).toBe('bad-key');
    expect(await codeOf(sendTo({ kemId: KEM.X_WING, publicKey: new Uint8Array(1216).fill(0xff) }))).toBe(
      'bad-key',
    );
  });
});
