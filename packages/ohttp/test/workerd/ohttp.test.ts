import { describe, expect, test } from 'vitest';
import {
  decapsulateChunkedRequest,
  decapsulateRequest,
  decodeKeyConfig,
  encapsulateChunkedRequest,
  encapsulateRequest,
  KEM,
  loadGatewayKey,
  type Hpke,
} from '@sotto/ohttp';
import { hpkeCoreHpke } from '@sotto/ohttp/hpke-core';
import { nobleHpke } from '@sotto/ohttp/noble';
import { webcryptoHpke } from '@sotto/ohttp/webcrypto';
import { concat, fromHex, hex } from '@sotto/wire';
import chunked from '../../../../specs/vectors/chunked-ohttp.json' with { type: 'json' };
import rfc9458 from '../../../../specs/vectors/rfc9458.json' with { type: 'json' };
import xWing from '../../../../specs/vectors/x-wing.json' with { type: 'json' };
import { AES, byId, CHACHA, codeOf, drain, pullFrom, random, replay } from '../support.ts';

const implementations: (readonly [string, Hpke])[] = [
  ['webcrypto', webcryptoHpke(crypto.subtle)],
  ['noble', nobleHpke()],
  ['@hpke/core', hpkeCoreHpke()],
];

describe.each(implementations)('%s in workerd', (_name, hpke) => {
  test('RFC 9458 Appendix A', async () => {
    const v = rfc9458.exchange;
    const config = decodeKeyConfig(fromHex(v.key_config));
    const key = await loadGatewayKey(hpke, { ...config, privateKey: fromHex(v.gateway_secret_key) });
    const recorded = replay(v.client_ephemeral_secret_key);
    const sent = await encapsulateRequest(hpke, config, AES, fromHex(v.bhttp_request), recorded);
    expect(hex(sent.encapsulatedRequest)).toBe(v.encapsulated_request);
    const opened = await decapsulateRequest(hpke, [key], sent.encapsulatedRequest);
    expect(hex(opened.request)).toBe(v.bhttp_request);
    const answer = await opened.sealResponse(fromHex(v.bhttp_response), replay(v.response_nonce));
    expect(hex(answer)).toBe(v.encapsulated_response);
    expect(hex(await sent.openResponse(answer))).toBe(v.bhttp_response);
  });

  test('chunked OHTTP Appendix A', async () => {
    const v = chunked.exchange;
    const config = decodeKeyConfig(fromHex(v.key_config));
    const key = await loadGatewayKey(hpke, { ...config, privateKey: fromHex(v.gateway_secret_key) });
    const plaintext = pullFrom(v.request_chunks.map((chunk) => fromHex(chunk.plaintext)));
    const recorded = replay(v.client_ephemeral_secret_key);
    const sent = await encapsulateChunkedRequest(hpke, config, AES, recorded, plaintext);
    const wire = concat(...(await drain(sent.body)));
    expect(hex(wire)).toBe(v.encapsulated_request);
    const got = await decapsulateChunkedRequest(hpke, [key], pullFrom([wire]));
    expect(hex(concat(...(await drain(got.request))))).toBe(v.bhttp_request);
    const response = pullFrom(v.response_chunks.map((chunk) => fromHex(chunk.plaintext)));
    const answer = concat(...(await drain(got.sealResponse(response, replay(v.response_nonce)))));
    expect(hex(answer)).toBe(v.encapsulated_response);
  });

  test.each(xWing.vectors.map((v, i) => ({ ...v, name: `C.${i + 1}` })))(
    'X-Wing Appendix $name',
    async (v) => {
      const kem = byId(hpke.kems, KEM.X_WING);
      const { sharedSecret, enc } = await kem.encap(fromHex(v.pk), replay(v.eseed));
      expect(hex(enc)).toBe(v.ct);
      expect(hex(sharedSecret)).toBe(v.ss);
      expect(hex(await kem.decap(fromHex(v.ct), await kem.load(fromHex(v.sk))))).toBe(v.ss);
    },
  );

  test('G08 low-order points are refused', async () => {
    const kem = byId(hpke.kems, KEM.X25519);
    const { privateKey } = await kem.generate(random);
    const key = await kem.load(privateKey);
    for (const point of ['00', '01', 'ec'.padEnd(62, 'f') + '7f', '09'.padEnd(62, '0') + '80']) {
      const enc = fromHex(point.padEnd(64, '0'));
      expect(await codeOf(async () => kem.decap(enc, key))).toBe('open-failed');
    }
  });

  test('a bit flipped at every byte is refused', async () => {
    const kem = byId(hpke.kems, KEM.X25519);
    const { privateKey, publicKey } = await kem.generate(random);
    const key = await loadGatewayKey(hpke, { keyId: 1, kemId: kem.id, privateKey, suites: [AES] });
    const sent = await encapsulateRequest(hpke, { ...key.config, publicKey }, AES, fromHex('00'), random);
    for (let at = 0; at < sent.encapsulatedRequest.length; at++) {
      const flipped = sent.encapsulatedRequest.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 4;
      expect(await codeOf(() => decapsulateRequest(hpke, [key], flipped))).not.toBe('none');
    }
  });
});

test.each([
  ['webcrypto', 'noble', 0, 1],
  ['noble', 'webcrypto', 1, 0],
] as const)('%s seals and %s opens, with every KEM and AEAD', async (_from, _to, from, to) => {
  const sender = implementations[from]?.[1] ?? nobleHpke();
  const receiver = implementations[to]?.[1] ?? nobleHpke();
  for (const kem of sender.kems) {
    const { privateKey, publicKey } = await kem.generate(random);
    const suites = [AES, CHACHA];
    const key = await loadGatewayKey(receiver, { keyId: 1, kemId: kem.id, privateKey, publicKey, suites });
    for (const suite of suites) {
      const request = random(1000);
      const sent = await encapsulateRequest(sender, key.config, suite, request, random);
      const opened = await decapsulateRequest(receiver, [key], sent.encapsulatedRequest);
      expect(hex(opened.request)).toBe(hex(request));
      expect(hex(await sent.openResponse(await opened.sealResponse(request, random)))).toBe(hex(request));
    }
  }
});

test('ML-KEM decapsulation uses the runtime’s own implementation', async () => {
  let calls = 0;
  const subtle = new Proxy(crypto.subtle, {
    get(target, name: keyof SubtleCrypto) {
      if ((name as string) === 'decapsulateBits') calls++;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const kem = byId(webcryptoHpke(subtle).kems, KEM.X_WING);
  const [v] = xWing.vectors;
  const key = await kem.load(fromHex(v?.sk ?? ''));
  const before = calls;
  expect(hex(await kem.decap(fromHex(v?.ct ?? ''), key))).toBe(v?.ss);
  expect(calls).toBeGreaterThan(before);
});
