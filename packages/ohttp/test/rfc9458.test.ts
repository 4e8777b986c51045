import { describe, expect, test } from 'vitest';
import {
  decapsulateRequest,
  decodeKeyConfig,
  decodeKeyConfigs,
  encapsulateRequest,
  encodeKeyConfig,
  encodeKeyConfigs,
  loadGatewayKey,
} from '@sotto/ohttp';
import { concat, fromHex, hex, utf8 } from '@sotto/wire';
import figures from '../../../specs/vectors/rfc9458.json' with { type: 'json' };
import { encodeHeader } from '../src/context.ts';
import { startSender } from '../src/request.ts';
import { implementations } from './implementations.ts';
import { AES, byId, replay } from './support.ts';

const v = figures.exchange;
const config = decodeKeyConfig(fromHex(v.key_config));

test('RFC 9458 Appendix A: the key configuration', () => {
  expect(config).toEqual({
    keyId: v.key_id,
    kemId: v.kem_id,
    publicKey: fromHex(v.gateway_public_key),
    suites: v.key_config_symmetric.map(([kdfId, aeadId]) => ({ kdfId, aeadId })),
  });
  expect(hex(encodeKeyConfig(config))).toBe(v.key_config);
});

test('RFC 9458 §3.2: the configuration in an application/ohttp-keys body', () => {
  const body = concat(fromHex('002d'), fromHex(v.key_config));
  expect(decodeKeyConfigs(body)).toEqual([config]);
  expect(encodeKeyConfigs([config, config])).toEqual(concat(body, body));
});

describe.each(implementations)('RFC 9458 Appendix A by %s', (_name, hpke) => {
  const encapsulate = () =>
    encapsulateRequest(hpke, config, AES, fromHex(v.bhttp_request), replay(v.client_ephemeral_secret_key));
  const gatewayKey = () =>
    loadGatewayKey(hpke, {
      ...config,
      privateKey: fromHex(v.gateway_secret_key),
      publicKey: fromHex(v.gateway_public_key),
    });

  test('the encapsulated request', async () => {
    const { encapsulatedRequest } = await encapsulate();
    expect(hex(encapsulatedRequest)).toBe(v.encapsulated_request);
    expect(encapsulatedRequest).toHaveLength(v.encapsulated_request_length);
  });

  test('the decrypted request', async () => {
    const opened = await decapsulateRequest(hpke, [await gatewayKey()], fromHex(v.encapsulated_request));
    expect(hex(opened.request)).toBe(v.bhttp_request);
    expect(hex(opened.enc)).toBe(v.client_ephemeral_public_key);
    expect([opened.keyId, opened.kemId]).toEqual([v.key_id, v.kem_id]);
  });

  test('the encapsulated response', async () => {
    const opened = await decapsulateRequest(hpke, [await gatewayKey()], fromHex(v.encapsulated_request));
    const sealed = await opened.sealResponse(fromHex(v.bhttp_response), replay(v.response_nonce));
    expect(hex(sealed)).toBe(v.encapsulated_response);
    expect(sealed).toHaveLength(v.encapsulated_response_length);
  });

  test('the decrypted response', async () => {
    const { openResponse } = await encapsulate();
    expect(hex(await openResponse(fromHex(v.encapsulated_response)))).toBe(v.bhttp_response);
  });

  test('§4.3, §4.4: the info and the exported secret', async () => {
    const labels = { request: utf8(v.request_label), response: utf8(v.response_label) };
    const hdr = encodeHeader(config, AES);
    expect(hex(concat(labels.request, Uint8Array.of(0), hdr))).toBe(v.hpke_info);
    const recorded = replay(v.client_ephemeral_secret_key);
    const { context } = await startSender(hpke, config, AES, labels, recorded);
    expect(hex(context.responseSecret)).toBe(v.exported_secret);
  });

  test('§4.4: prk, key and nonce of the response', async () => {
    const kdf = byId(hpke.kdfs, v.kdf_id);
    const prk = await kdf.extract(fromHex(v.response_salt), fromHex(v.exported_secret));
    expect(hex(prk)).toBe(v.response_prk);
    const expanded = async (label: string, length: number) => hex(await kdf.expand(prk, utf8(label), length));
    expect(await expanded('key', 16)).toBe(v.response_aead_key);
    expect(await expanded('nonce', 12)).toBe(v.response_aead_nonce);
  });
});
