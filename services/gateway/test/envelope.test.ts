import { beforeAll, describe, expect, test } from 'vitest';
import { AEAD, KEM } from '@sotto/ohttp';
import { concat, hex, uint, type Bytes } from '@sotto/wire';
import { inner, padded, seal, sealChunked, streamOf } from './support/client.ts';
import { testGateway, opened, outerCode, random, type TestGateway } from './support/gateway.ts';

let h: TestGateway;
let valid: Bytes; // a search under X25519: hdr 7, enc 32, ct 1024 + 16

beforeAll(async () => {
  h = await testGateway();
  valid = (await seal(await h.sealer(), padded(inner({ fields: await h.fields() })))).body;
});

/** Status and code of an outer refusal. The service and the ledger must not have been called. */
async function refusal(body: Bytes, headers: Record<string, string> = {}): Promise<string> {
  const before = [h.calls.length, h.issuer.calls.length];
  const response = await h.post(body, headers);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect([h.calls.length, h.issuer.calls.length]).toEqual(before);
  return `${response.status} ${await outerCode(response)}`;
}

const set = (body: Bytes, at: number, bytes: Bytes): Bytes =>
  concat(body.subarray(0, at), bytes, body.subarray(at + bytes.length));

describe('envelopes that do not open', () => {
  test('G01 a request truncated at any byte is refused outside, depending on the position', async () => {
    const told = new Map<string, number[]>();
    for (let length = 0; length < valid.length; length++) {
      const code = await refusal(valid.subarray(0, length));
      told.set(code, [...(told.get(code) ?? []), length]);
    }
    expect([...told.keys()]).toEqual(['400 bad-request', '422 unprocessable-content']);
    expect(told.get('400 bad-request')?.at(-1)).toBe(7 + 32 + 16 - 1);
    expect(told.get('422 unprocessable-content')?.[0]).toBe(7 + 32 + 16);
  });

  test('G02 a bit flipped at any byte is refused outside', async () => {
    const told = new Set<string>();
    for (let at = 0; at < valid.length; at++) {
      const flipped = valid.slice();
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      told.add(await refusal(flipped));
    }
    expect([...told].toSorted()).toEqual(['400 ohttp-key', '422 unprocessable-content']);
  });

  test('G03 bytes appended are refused', async () => {
    for (let extra = 1; extra <= 64; extra++) {
      expect(await refusal(concat(valid, random(extra)))).toBe('422 unprocessable-content');
    }
  });

  test('G04 an unknown key id is refused with the key problem', async () => {
    const { config } = await h.sealer();
    for (const keyId of [config.keyId + 2, (config.keyId + 100) % 256, 255]) {
      expect(await refusal(set(valid, 0, uint(1, keyId % 256)))).toBe('400 ohttp-key');
    }
    const response = await h.post(set(valid, 0, uint(1, 255)));
    expect(await response.json()).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#ohttp-key',
      status: 400,
    });
  });

  test('G05 another KEM under the key id, unknown algorithms and export-only are refused with the key problem', async () => {
    const { config } = await h.sealer();
    const headers = [
      [KEM.X_WING, 1, 1],
      [0xffff, 1, 1],
      [0x10, 1, 1],
      [config.kemId, 0xffff, 1],
      [config.kemId, 3, 1],
      [config.kemId, 1, 2],
      [config.kemId, 1, 0xffff], // export-only
      [config.kemId, 0, 0],
    ];
    for (const ids of headers) {
      const hdr = concat(...ids.map((id) => uint(2, id)));
      expect(await refusal(set(valid, 1, hdr))).toBe('400 ohttp-key');
    }
  });

  test('G06 a body that is too short for a request is a bad request', async () => {
    for (const length of [0, 1, 2, 3, 4, 5, 6, 7, 7 + 31]) {
      expect(await refusal(valid.subarray(0, length))).toBe('400 bad-request');
    }
  });

  test('G08 an enc of low order, or of a coordinate above p, is refused', async () => {
    const points = [
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0100000000000000000000000000000000000000000000000000000000000000',
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    ];
    for (const point of points) {
      const enc = Uint8Array.from(Buffer.from(point, 'hex'));
      expect(await refusal(set(valid, 7, enc))).toBe('422 unprocessable-content');
    }
  });

  test('G16 an envelope with the label of the other media type does not open', async () => {
    const { chunks } = await sealChunked(await h.sealer(), [padded(inner())]);
    expect(await refusal(concat(...chunks))).toBe('422 unprocessable-content');
    const code = await refusal(valid, { 'content-type': 'message/ohttp-chunked-req' });
    expect(code).toMatch(/^(422 unprocessable-content|400 bad-request)$/);
  });
});

describe('envelopes that open', () => {
  test.each([1, 7, 64])('G24 a body in reads of %i bytes is the same request', async (size) => {
    const sealed = await seal(await h.sealer(), padded(inner({ fields: await h.fields() })));
    const { body } = sealed;
    const pieces = Array.from({ length: Math.ceil(body.length / size) }, (_, i) =>
      body.subarray(i * size, (i + 1) * size),
    );
    const sent = await opened(sealed, await h.post(streamOf(pieces)));
    expect(sent.inner.status).toBe(200);
  });

  test('G09 the same envelope again is refused inside as replayed, and the service is not called', async () => {
    const first = await h.search();
    const calls = h.calls.length;
    const again = await opened(first.sealed, await h.post(first.sealed.body));
    expect([again.inner.status, again.code]).toEqual([409, 'replayed']);
    expect(h.calls.length).toBe(calls);
  });

  test('G10 of a hundred concurrent copies one succeeds', async () => {
    const sealed = await seal(await h.sealer(), padded(inner({ fields: await h.fields() })));
    const calls = h.calls.length;
    const all = await Promise.all(
      Array.from({ length: 100 }, async () => opened(sealed, await h.post(sealed.body))),
    );
    expect(all.filter(({ inner: { status } }) => status === 200)).toHaveLength(1);
    expect(all.filter(({ code }) => code === 'replayed')).toHaveLength(99);
    expect(h.calls.length).toBe(calls + 1);
  });

  test('G26 response nonces are distinct over five hundred responses to one envelope', async () => {
    const sealed = await seal(await h.sealer(), padded(inner({ authority: 'nobody', fields: [] })));
    const nonces = new Set<string>();
    for (let i = 0; i < 500; i++) {
      const response = await h.post(sealed.body);
      nonces.add(hex(new Uint8Array(await response.arrayBuffer()).subarray(0, 16)));
    }
    expect(nonces.size).toBe(500);
  });

  test('the other offered suites open too', async () => {
    for (const kemId of [KEM.X25519, KEM.X_WING]) {
      const sealer = { ...(await h.sealer(kemId)), suite: { kdfId: 1, aeadId: AEAD.CHACHA20_POLY1305 } };
      const sealed = await seal(sealer, padded(inner({ fields: await h.fields() })));
      expect((await opened(sealed, await h.post(sealed.body))).inner.status).toBe(200);
    }
  });
});
