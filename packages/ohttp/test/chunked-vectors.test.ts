import { describe, expect, test } from 'vitest';
import {
  decapsulateChunkedRequest,
  decodeKeyConfig,
  encapsulateChunkedRequest,
  loadGatewayKey,
} from '@sotto/ohttp';
import { concat, fromHex, hex, utf8, varint } from '@sotto/wire';
import figures from '../../../specs/vectors/chunked-ohttp.json' with { type: 'json' };
import { chunkNonce } from '../src/chunk.ts';
import { encodeHeader } from '../src/context.ts';
import { startSender } from '../src/request.ts';
import { implementations } from './implementations.ts';
import { AES, byId, drain, pullFrom, replay } from './support.ts';

const v = figures.exchange;
const config = decodeKeyConfig(fromHex(v.key_config));
const plaintexts = (chunks: readonly { plaintext: string; final: boolean }[]) =>
  pullFrom(chunks.filter(({ final }) => !final).map(({ plaintext }) => fromHex(plaintext)));

test('chunked OHTTP Appendix A: the key configuration and the parts of a chunk', () => {
  expect(hex(config.publicKey)).toBe(v.gateway_public_key);
  expect(config.suites).toContainEqual({ kdfId: v.kdf_id, aeadId: v.aead_id });
  for (const { wire, length_prefix, ciphertext, final, aad } of [...v.request_chunks, ...v.response_chunks]) {
    expect(wire).toBe(length_prefix + ciphertext);
    expect(length_prefix).toBe(final ? '00' : hex(varint(ciphertext.length / 2)));
    expect(aad).toBe(final ? v.final_aad_hex : '');
  }
});

test.each(v.response_chunks)('chunked OHTTP Appendix A: the nonce of response chunk $counter', (chunk) => {
  expect(hex(chunkNonce(fromHex(v.response_aead_nonce), chunk.counter))).toBe(chunk.aead_nonce);
});

describe.each(implementations)('chunked OHTTP Appendix A by %s', (_name, hpke) => {
  const encapsulate = () =>
    encapsulateChunkedRequest(
      hpke,
      config,
      AES,
      replay(v.client_ephemeral_secret_key),
      plaintexts(v.request_chunks),
    );
  const decapsulate = async () =>
    decapsulateChunkedRequest(
      hpke,
      [await loadGatewayKey(hpke, { ...config, privateKey: fromHex(v.gateway_secret_key) })],
      pullFrom([fromHex(v.encapsulated_request)]),
    );

  test('the encapsulated request, chunk by chunk', async () => {
    const pieces = await drain((await encapsulate()).body);
    expect(pieces.map(hex)).toEqual([
      v.request_header + v.request_enc,
      ...v.request_chunks.map(({ wire }) => wire),
    ]);
    expect(hex(concat(...pieces))).toBe(v.encapsulated_request);
  });

  test('the decrypted request', async () => {
    const { request, enc, keyId, kemId } = await decapsulate();
    expect(hex(concat(...(await drain(request))))).toBe(v.bhttp_request);
    expect([hex(enc), keyId, kemId]).toEqual([v.client_ephemeral_public_key, v.key_id, v.kem_id]);
  });

  test('the encapsulated response, chunk by chunk', async () => {
    const { sealResponse } = await decapsulate();
    const pieces = await drain(sealResponse(plaintexts(v.response_chunks), replay(v.response_nonce)));
    expect(pieces.map(hex)).toEqual([v.response_nonce, ...v.response_chunks.map(({ wire }) => wire)]);
    expect(hex(concat(...pieces))).toBe(v.encapsulated_response);
  });

  test('the decrypted response', async () => {
    const { openResponse } = await encapsulate();
    const pieces = await drain(openResponse(pullFrom([fromHex(v.encapsulated_response)])));
    expect(hex(concat(...pieces))).toBe(v.bhttp_response);
  });

  test('the info, the exported secret, and the values derived from it', async () => {
    const labels = { request: utf8(v.request_label), response: utf8(v.response_label) };
    const hdr = encodeHeader(config, AES);
    expect(hex(concat(labels.request, Uint8Array.of(0), hdr))).toBe(v.hpke_info);
    const recorded = replay(v.client_ephemeral_secret_key);
    const { context } = await startSender(hpke, config, AES, labels, recorded);
    expect(hex(context.responseSecret)).toBe(v.exported_secret);
    expect(v.response_salt).toBe(v.request_enc + v.response_nonce);

    const kdf = byId(hpke.kdfs, v.kdf_id);
    const prk = await kdf.extract(fromHex(v.response_salt), context.responseSecret);
    expect(hex(prk)).toBe(v.response_prk);
    const key = await kdf.expand(prk, utf8('key'), 16);
    const nonce = await kdf.expand(prk, utf8('nonce'), 12);
    expect([key, nonce].map(hex)).toEqual([v.response_aead_key, v.response_aead_nonce]);
    const aead = await byId(hpke.aeads, v.aead_id).load(key);
    for (const chunk of v.response_chunks) {
      const sealed = aead.seal(fromHex(chunk.aead_nonce), fromHex(chunk.aad), fromHex(chunk.plaintext));
      expect(hex(await sealed)).toBe(chunk.ciphertext);
    }
  });
});
