import { expect, test } from 'vitest';
import { decapsulateRequest, decodeKeyConfig, encapsulateRequest, KEM, loadGatewayKey } from '@sotto/ohttp';
import { nobleHpke } from '@sotto/ohttp/noble';
import { fromHex, hex } from '@sotto/wire';
import rfc9458 from '../../../../specs/vectors/rfc9458.json' with { type: 'json' };
import xWing from '../../../../specs/vectors/x-wing.json' with { type: 'json' };
import { AES, byId, keyPair, random, replay, SUITES } from '../support.ts';

const hpke = nobleHpke();

test('the test runs without crypto.subtle', () => {
  expect((globalThis.crypto as Crypto | undefined)?.subtle).toBeUndefined();
});

test('RFC 9458 Appendix A without crypto.subtle', async () => {
  const v = rfc9458.exchange;
  const config = decodeKeyConfig(fromHex(v.key_config));
  const key = await loadGatewayKey(hpke, { ...config, privateKey: fromHex(v.gateway_secret_key) });
  const recorded = replay(v.client_ephemeral_secret_key);
  const sent = await encapsulateRequest(hpke, config, AES, fromHex(v.bhttp_request), recorded);
  expect(hex(sent.encapsulatedRequest)).toBe(v.encapsulated_request);
  const opened = await decapsulateRequest(hpke, [key], sent.encapsulatedRequest);
  const answer = await opened.sealResponse(fromHex(v.bhttp_response), replay(v.response_nonce));
  expect(hex(answer)).toBe(v.encapsulated_response);
  expect(hex(await sent.openResponse(answer))).toBe(v.bhttp_response);
});

test.each(xWing.vectors.map((v, i) => ({ ...v, name: `C.${i + 1}` })))(
  'X-Wing Appendix $name without crypto.subtle',
  async (v) => {
    const kem = byId(hpke.kems, KEM.X_WING);
    const { sharedSecret, enc } = await kem.encap(fromHex(v.pk), replay(v.eseed));
    expect([hex(enc), hex(sharedSecret)]).toEqual([v.ct, v.ss]);
    expect(hex(await kem.decap(enc, await kem.load(fromHex(v.sk))))).toBe(v.ss);
  },
);

test('every KEM and AEAD without crypto.subtle', async () => {
  for (const { id } of hpke.kems) {
    const { config, privateKey } = await keyPair(hpke, id);
    const key = await loadGatewayKey(hpke, { ...config, privateKey });
    for (const suite of SUITES) {
      const sent = await encapsulateRequest(hpke, config, suite, fromHex('0102'), random);
      const opened = await decapsulateRequest(hpke, [key], sent.encapsulatedRequest);
      expect(hex(opened.request)).toBe('0102');
    }
  }
});
