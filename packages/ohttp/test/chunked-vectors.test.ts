import { describe, expect, test } from 'vitest';
import {
  decapsulateChunkedRequest,
  decodeKeyConfig,
  encapsulateChunkedRequest,
  loadGatewayKey,
} from '@sotto/ohttp';
import { concat, fromHex, hex } from '@sotto/wire';
import figures from '../../../specs/vectors/chunked-ohttp.json' with { type: 'json' };
import { chunkNonce } from '../src/chunk.ts';
import { implementations } from './implementations.ts';
import { AES, drain, pullFrom, replay } from './support.ts';

const v = figures.exchange;
const config = decodeKeyConfig(fromHex(v.key_config));
const plaintexts = (chunks: readonly { plaintext: string; final: boolean }[]) =>
  pullFrom(chunks.filter(({ final }) => !final).map(({ plaintext }) => fromHex(plaintext)));

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

  test('the request that it opens to', async () => {
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

  test('the response that it opens to', async () => {
    const { openResponse } = await encapsulate();
    const pieces = await drain(openResponse(pullFrom([fromHex(v.encapsulated_response)])));
    expect(hex(concat(...pieces))).toBe(v.bhttp_response);
  });
});
