import { describe, expect, test } from 'vitest';
import { decodeResponse } from '@sotto/bhttp';
import { fromUtf8, utf8, type Bytes } from '@sotto/wire';
import { inner, joined, padded, pullFrom, sealChunked, streamOf } from './support/client.ts';
import { testGateway, outerCode, row, type TestGateway } from './support/gateway.ts';

const LENGTH = 40_000; // bytes of a response

describe('a row that streams', () => {
  const CHUNKED = { 'content-type': 'message/ohttp-chunked-req' };
  const lengths = { name: 'stream', requestLength: 1024, responseLength: LENGTH };
  const feed = {
    ...row('feed', null, true),
    chunked: false,
    stream: { flushMs: 20, requests: false },
    lengths,
  };
  const plain = row('open', null, true);

  async function ask(
    of: TestGateway,
    authority: string,
  ): Promise<{ status: number; length: number; code: string }> {
    const request = padded(inner({ authority, fields: await of.fields(authority) }));
    const { chunks, open } = await sealChunked(await of.sealer(), [request]);
    const response = await of.post(joined(chunks), CHUNKED);
    if (response.status !== 200)
      return { status: response.status, length: 0, code: await outerCode(response) };
    const body = new Uint8Array(await response.arrayBuffer());
    const { status, content } = decodeResponse(joined(await open(body)));
    const { code = '' } = status >= 400 ? (JSON.parse(fromUtf8(content)) as { code?: string }) : {};
    return { status, length: body.length, code };
  }

  test('responds to requests in chunks, and refuses others inside', async () => {
    const of = await testGateway({ rows: [feed, plain] });
    expect(await ask(of, 'feed')).toMatchObject({ status: 200 });
    const whole = await of.send(inner({ authority: 'feed', fields: await of.fields('feed') }));
    expect([whole.inner.status, whole.code]).toEqual([415, 'unsupported-media-type']);
  });

  test('a row that neither streams nor takes chunks refuses chunks inside', async () => {
    const of = await testGateway({ rows: [feed, { ...plain, chunked: false }] });
    expect(await ask(of, 'open')).toMatchObject({ status: 415, code: 'unsupported-media-type' });
  });

  test('refusals have the length of responses', async () => {
    const content = (): ReadableStream<Bytes> => streamOf([utf8('a'), utf8('b'.repeat(9000))]);
    const of = await testGateway({
      rows: [feed, plain],
      services: { feed: { call: async () => ({ status: 200, fields: [], content: content() }) } },
    });
    const good = await ask(of, 'feed');
    of.now += 100_000; // the Date of the next request is made before
    const fields = await of.fields('feed');
    of.now -= 100_000;
    const request = padded(inner({ authority: 'feed', fields }));
    const { chunks, open } = await sealChunked(await of.sealer(), [request]);
    const body = new Uint8Array(await (await of.post(joined(chunks), CHUNKED)).arrayBuffer());
    expect(decodeResponse(joined(await open(body))).status).toBe(400);
    expect(body.length).toBe(good.length);
  });

  test('a reader that stops keeps its place at the service until the deadline, and no longer', async () => {
    let calls = 0;
    const endless = (): ReadableStream<Bytes> => new ReadableStream({ start: (it) => it.enqueue(utf8('a')) });
    const of = await testGateway({
      rows: [{ ...feed, maxInFlight: 1 }],
      services: {
        feed: {
          call: async () => ({ status: 200, fields: [], content: calls++ === 0 ? endless() : utf8('b') }),
        },
      },
    });
    of.deadlineMs = 700;
    const post = async (): Promise<Response> => {
      const request = padded(inner({ authority: 'feed', fields: await of.fields('feed') }));
      return of.post(joined((await sealChunked(await of.sealer(), [request])).chunks), CHUNKED);
    };
    const stopped = await post(); // nobody reads its body
    expect(await ask(of, 'feed')).toMatchObject({ status: 503, code: 'unavailable' });
    await expect.poll(async () => (await ask(of, 'feed')).status, { timeout: 20_000 }).toBe(200);
    await stopped.body?.cancel();
  });

  test('its bundle has that it streams', async () => {
    const of = await testGateway({ rows: [feed, plain] });
    const { services } = await of.bundle();
    expect(services.map(({ name, streams, responseLength }) => [name, streams, responseLength])).toEqual([
      ['feed', true, LENGTH],
      ['open', false, plain.lengths.responseLength],
    ]);
  });

  test('refusals are sent on its grid, as responses are', async () => {
    const slept: number[] = [];
    const timer = { elapsedMs: () => 0, sleep: async (ms: number) => void slept.push(ms) };
    const of = await testGateway({ rows: [feed, plain], timer });
    expect(await ask(of, 'feed')).toMatchObject({ status: 200 });
    expect(slept.splice(0)).toContain(20);
    const request = padded(inner({ authority: 'feed', path: '//', fields: await of.fields('feed') }));
    const { chunks } = await sealChunked(await of.sealer(), [request]);
    expect((await of.post(joined(chunks), CHUNKED)).status).toBe(200);
    expect(slept.splice(0)).toEqual([20]);
    await ask(of, 'open');
    expect(slept).toEqual([]);
  });

  test('the request may arrive in any pieces', async () => {
    const of = await testGateway({ rows: [feed] });
    const request = padded(inner({ authority: 'feed', fields: await of.fields('feed') }));
    const { chunks } = await sealChunked(await of.sealer(), [
      request.subarray(0, 100),
      request.subarray(100),
    ]);
    const pull = pullFrom(chunks);
    const body = new ReadableStream({
      async pull(controller) {
        const piece = await pull();
        if (piece === null) controller.close();
        else controller.enqueue(piece);
      },
    });
    expect((await of.post(body, CHUNKED)).status).toBe(200);
  });
});
