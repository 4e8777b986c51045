import { beforeAll, describe, expect, test } from 'vitest';
import { decodeResponse, type BhttpResponse } from '@sotto/bhttp';
import { KEM } from '@sotto/ohttp';
import { concat, EMPTY, fromUtf8, hex, utf8, varint, type Bytes } from '@sotto/wire';
import type { Service } from '../src/service/service.ts';
import { inner, joined, padded, sealChunked, sealOneChunk, streamOf } from './support/client.ts';
import {
  testGateway,
  LARGE_ROWS,
  outerCode,
  RESPONSE_LENGTH,
  row,
  type TestGateway,
  type TestGatewayOptions,
} from './support/gateway.ts';

const CHUNKED = { 'content-type': 'message/ohttp-chunked-req' };
const LONG = 40_000; // bytes of a response: two full chunks and a part
const TAG = 16; // bytes

let h: TestGateway;
beforeAll(async () => {
  h = await testGateway({ rows: LARGE_ROWS });
});

/** A search in chunks of 300 bytes. */
async function sealed(of: TestGateway = h, kemId: number = KEM.X25519) {
  const request = padded(inner({ fields: await of.fields() }));
  const pieces = Array.from({ length: Math.ceil(request.length / 300) }, (_, i) =>
    request.subarray(i * 300, (i + 1) * 300),
  );
  return sealChunked(await of.sealer(kemId), pieces);
}

const bodyOf = async (response: Response): Promise<Bytes> => new Uint8Array(await response.arrayBuffer());

/** Sends a body that must not open. Returns the outer code, and checks that no service was called. */
async function refusal(body: Bytes): Promise<string> {
  const before = [h.calls.length, h.issuer.calls.length];
  const response = await h.post(body, CHUNKED);
  expect([h.calls.length, h.issuer.calls.length]).toEqual(before);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return `${response.status} ${await outerCode(response)}`;
}

/** A request's head, then empty chunks that are not final. */
async function empty(count: number): Promise<Bytes[]> {
  const { chunks } = await sealed();
  const sealedNothing = concat(varint(TAG), new Uint8Array(TAG));
  return [chunks[0] ?? EMPTY, ...Array.from({ length: count }, () => sealedNothing)];
}

/** A service whose body comes in pieces of these sizes. */
const inPieces =
  (...sizes: number[]): Service['call'] =>
  async () => ({
    status: 200,
    fields: [],
    content: streamOf(sizes.map((size) => utf8('x'.repeat(size)))),
  });

/** Lengths of the chunks in an encapsulated chunked response, the final one as -length. */
function chunkLengths(body: Bytes): number[] {
  const lengths: number[] = [];
  let at = 16; // response_nonce
  for (;;) {
    const width = 1 << ((body[at] ?? 0) >> 6);
    let length = (body[at] ?? 0) & 63;
    for (let i = 1; i < width; i++) length = length * 256 + (body[at + i] ?? 0);
    at += width;
    if (length === 0) return [...lengths, -(body.length - at)];
    lengths.push(length);
    at += length;
  }
}

describe('a request in chunks', () => {
  test.each([1, 7, 64, 100_000])('G24 in reads of %i bytes gets a response in chunks', async (size) => {
    const { chunks, open } = await sealed();
    const body = joined(chunks);
    const reads = Array.from({ length: Math.ceil(body.length / size) }, (_, i) =>
      body.subarray(i * size, (i + 1) * size),
    );
    const response = await h.post(streamOf(reads), CHUNKED);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'message/ohttp-chunked-res',
      'cache-control': 'no-store',
      incremental: '?1',
    });
    const answer = decodeResponse(joined(await open(await bodyOf(response))));
    expect([answer.status, fromUtf8(answer.content)]).toEqual([200, '{"q":"cat"}']);
  });

  test('under X-Wing too', async () => {
    const { chunks, open } = await sealed(h, KEM.X_WING);
    const response = await h.post(joined(chunks), CHUNKED);
    expect(decodeResponse(joined(await open(await bodyOf(response)))).status).toBe(200);
  });

  test('G17 truncated at any byte is an error, and no service is called', async () => {
    const body = joined((await sealed()).chunks);
    const told = new Set<string>();
    for (let length = 0; length < body.length; length++) told.add(await refusal(body.subarray(0, length)));
    expect([...told]).toEqual(['400 bad-request', '422 unprocessable-content']); // before enc is there, and after
  });

  test('G18 G19 a missing final chunk, and chunks that are reordered, repeated, missing or swapped, are refused', async () => {
    const { chunks } = await sealed();
    const other = (await sealed()).chunks;
    const [head, one, two, three, four, last] = chunks;
    if (!head || !one || !two || !three || !four || !last) throw new Error('not six pieces');
    const bodies = [
      [head, one, two, three, four],
      [head, two, one, three, four, last],
      [head, one, one, two, three, four, last],
      [head, one, three, four, last],
      [head, one, two, three, last],
      [head, one, two, three, four, last, last],
      [head, one, other[2] ?? EMPTY, three, four, last],
      [other[0] ?? EMPTY, one, two, three, four, last],
    ];
    for (const pieces of bodies) {
      expect(await refusal(joined(pieces))).toBe('422 unprocessable-content');
    }
  });

  test('G20 data after the final chunk is refused', async () => {
    const body = joined((await sealed()).chunks);
    expect(await refusal(concat(body, Uint8Array.of(0)))).toBe('422 unprocessable-content');
  });

  test('G21 an empty chunk that is not final is refused at the first one', async () => {
    expect(await refusal(joined(await empty(1)))).toBe('422 unprocessable-content');
    expect(await refusal(concat(...(await empty(50_000))))).toBe('422 unprocessable-content');
  });

  test('G22 N74 a chunk of any size that fits a request is accepted, one byte more is refused', async () => {
    for (const length of [16_384, 16_385, 1 << 20]) {
      const request = padded(inner({ fields: await h.fields() }));
      const wide = concat(request, new Uint8Array(length - request.length));
      const { chunks, open } = await sealOneChunk(await h.sealer(), wide);
      expect(chunks.map((chunk) => chunk.length)).toContainEqual(4 + length + TAG);
      const response = await h.post(joined(chunks), CHUNKED);
      expect(decodeResponse(joined(await open(await bodyOf(response)))).status).toBe(200);
    }
    const { chunks } = await sealed();
    const over = concat(chunks[0] ?? EMPTY, varint((h.deps.maxRequest(0).chunked ?? 0) + TAG + 1));
    expect(await refusal(over)).toBe('422 unprocessable-content');
  });

  test('G23 a chunk length of 2^62 - 1 allocates nothing, and a long varint is accepted', async () => {
    const { chunks, open } = await sealed();
    const [head, first, ...rest] = chunks;
    if (!head || !first) throw new Error('no chunks');
    const endless = Uint8Array.from({ length: 8 }, () => 255);
    expect(await refusal(concat(head, endless, first))).toBe('422 unprocessable-content');
    const length = 300 + TAG; // a two-byte varint
    const wide = concat(Uint8Array.of(0x80, 0, length >> 8, length & 255), first.subarray(2));
    const response = await h.post(joined([head, wide, ...rest]), CHUNKED);
    expect(decodeResponse(joined(await open(await bodyOf(response)))).status).toBe(200);
  });

  test('an unknown key is refused before the body has arrived', async () => {
    const { chunks } = await sealed();
    const head = (chunks[0] ?? EMPTY).slice();
    head[0] = 255;
    const never = new ReadableStream({ start: (controller) => controller.enqueue(head) });
    const response = await h.post(never, CHUNKED);
    expect(`${response.status} ${await outerCode(response)}`).toBe('400 ohttp-key');
  });
});

/** A gateway whose stickers respond in this way, with responses of 40,000 bytes. */
function long(call: Service['call'], options: TestGatewayOptions = {}): Promise<TestGateway> {
  const lengths = { name: 'long', requestLength: 1024, responseLength: LONG };
  const stickers = { ...row('stickers', { type: 5 }, true), lengths };
  return testGateway({ rows: [stickers], services: { stickers: { call } }, ...options });
}

async function stream(of: TestGateway): Promise<{ lengths: number[]; answer: () => Promise<BhttpResponse> }> {
  const { chunks, open } = await sealed(of);
  const response = await of.post(joined(chunks), CHUNKED);
  expect(response.status).toBe(200);
  const body = await bodyOf(response);
  return { lengths: chunkLengths(body), answer: async () => decodeResponse(joined(await open(body))) };
}

/** The final chunk is empty, so that the last one need not be known in advance. */
const CONSTANT = [16_384 + TAG, 16_384 + TAG, LONG - 2 * 16_384 + TAG, -TAG];

describe('a response in chunks', () => {
  test.each([
    ['nothing', []],
    ['little', [1]],
    ['single bytes', Array.from({ length: 3000 }, () => 1)],
    ['much', [20_000, 15_000]],
  ])('has constant chunks, of %s', async (_name, sizes) => {
    const { lengths, answer } = await stream(await long(inPieces(...sizes)));
    expect(lengths).toEqual(CONSTANT);
    expect((await answer()).content).toHaveLength(sizes.reduce((a, b) => a + b, 0));
  });

  test('a problem has the same chunks', async () => {
    const of = await long(inPieces(1));
    of.issuer.fail = 'spent';
    const { lengths, answer } = await stream(of);
    expect([lengths, (await answer()).status]).toEqual([CONSTANT, 409]);
  });

  test.each<[string, Service['call']]>([
    ['breaks off', async () => ({ status: 200, fields: [], content: failing(20_000) })],
    ['does not fit', inPieces(30_000, 30_000)],
    ['comes too late', async () => ({ status: 200, fields: [], content: hanging(20_000) })],
  ])('a body that %s after it began has the same chunks, and is not a valid message', async (_name, call) => {
    const of = await long(call);
    of.deadlineMs = 700;
    const { lengths, answer } = await stream(of);
    expect(lengths).toEqual(CONSTANT);
    await expect(answer()).rejects.toMatchObject({ code: 'truncated' });
  });

  test('the first chunk is sent before the service has sent its last one', async () => {
    const gate = Promise.withResolvers<undefined>();
    const content = new ReadableStream({
      async start(controller) {
        controller.enqueue(utf8('x'.repeat(17_000)));
        await gate.promise;
        controller.close();
      },
    });
    const of = await long(async () => ({ status: 200, fields: [], content }));
    const response = await of.post(joined((await sealed(of)).chunks), CHUNKED);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let length = 0;
    while (length < 16 + 4 + 16_384 + TAG) length += (await reader.read()).value?.length ?? 0;
    gate.resolve(undefined);
    while (!(await reader.read()).done);
    expect(length).toBe(16 + 4 + 16_384 + TAG);
  });

  test('when a client disconnects, the response of the service is cancelled', async () => {
    const gone = Promise.withResolvers<undefined>();
    const content = new ReadableStream({
      pull: (controller) => controller.enqueue(utf8('x'.repeat(1000))),
      cancel: () => gone.resolve(undefined),
    });
    const of = await long(async () => ({ status: 200, fields: [], content }));
    const response = await of.post(joined((await sealed(of)).chunks), CHUNKED);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.read();
    await reader.cancel();
    await expect(gone.promise).resolves.toBeUndefined();
  });

  test('when a client disconnects before it reads, the response of the service is cancelled too', async () => {
    const gone = Promise.withResolvers<string>();
    const content = new ReadableStream({ cancel: () => gone.resolve('let go') });
    const of = await long(async () => ({ status: 200, fields: [], content }));
    const response = await of.post(joined((await sealed(of)).chunks), CHUNKED);
    await response.body?.cancel();
    const late = AbortSignal.timeout(10_000);
    late.addEventListener('abort', () => gone.resolve('kept'));
    expect(await gone.promise).toBe('let go');
  });

  test('G27 sixty-four concurrent ones with equal plaintext are distinct on the wire, and all open', async () => {
    const { chunks, open } = await sealChunked(await h.sealer(), [padded(inner({ fields: [] }))]);
    const all = await Promise.all(
      Array.from({ length: 64 }, async () => bodyOf(await h.post(joined(chunks), CHUNKED))),
    );
    expect(new Set(all.map((body) => hex(body.subarray(18, 200)))).size).toBe(64);
    const answers = await Promise.all(all.map(async (body) => decodeResponse(joined(await open(body)))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
  });

  test('a response of the default size is one chunk and the final one', async () => {
    const { lengths } = await stream(h);
    expect(lengths).toEqual([RESPONSE_LENGTH + TAG, -TAG]);
  });
});

function failing(after: number): ReadableStream<Uint8Array> {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) controller.error(new Error('reset'));
      else controller.enqueue(utf8('x'.repeat(after)));
      sent = true;
    },
  });
}

function hanging(after: number): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.enqueue(utf8('x'.repeat(after))) });
}
