import { describe, expect, test } from 'vitest';
import { encapsulateChunkedRequest } from '@sotto/ohttp';
import { utf8, type Bytes } from '@sotto/wire';
import type { Service } from '../src/service/service.ts';
import {
  asking,
  CHUNKED,
  driven,
  headOf,
  arrivingGateway,
  LARGE_PIECE,
  readerOf,
  settle,
  speech,
  textOf,
} from './support/arriving.ts';
import { inner, joined, padded, sealChunked } from './support/client.ts';
import { testGateway } from './support/gateway.ts';

describe('the content of a streamed request', () => {
  test('reads the response of a service that still reads the request: 30,000 bytes both ways', async () => {
    const echo: Service = {
      call: async ({ content }) => ({
        status: 200,
        fields: [],
        content: content as ReadableStream<Uint8Array>,
      }),
    };
    const of = await arrivingGateway({ speech: echo });
    const { put, end, outcome } = await asking(of);
    for (let i = 0; i < 30; i++) put(LARGE_PIECE);
    end();
    expect((await outcome).text).toHaveLength(30_000);
  });

  test('responds when the whole request has arrived, even if the service has not read it', async () => {
    const contents: unknown[] = [];
    const lazy: Service = {
      call: async ({ content }) => {
        contents.push(content);
        return { status: 200, fields: [], content: utf8('enough') };
      },
    };
    const broken: Service = {
      call: ({ content }) => {
        contents.push(content);
        return Promise.reject(new Error('reset'));
      },
    };
    for (const [service, status] of [
      [lazy, 200],
      [broken, 502],
    ] as const) {
      const of = await arrivingGateway({ speech: service });
      const { send, end, outcome } = await asking(of);
      for (let i = 0; i < 100; i++) send('more');
      end();
      expect((await outcome).status).toBe(status);
      const rest = (contents.pop() as ReadableStream<Uint8Array>).getReader();
      await expect(rest.read()).rejects.toThrow('no more of the request');
    }
  });

  test('reads at most one piece ahead of the service', async () => {
    const { called, service } = driven();
    const of = await arrivingGateway({ speech: service });
    let pulled = 0;
    const { hpke, config, suite, random } = await of.sealer();
    const head = await headOf(inner({ authority: 'speech', fields: await of.fields('speech') }));
    const sealed = await encapsulateChunkedRequest(hpke, config, suite, random, async () =>
      pulled++ === 0 ? head : LARGE_PIECE,
    );
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          controller.enqueue((await sealed.body()) as Bytes);
        },
      },
      { highWaterMark: 0 },
    );
    const posted = of.post(body, CHUNKED).catch(() => {});
    const call = await called;
    const reader = readerOf(call.request);
    await textOf(reader);
    await settle();
    expect(pulled).toBeLessThan(5);
    await reader.cancel(); // the rest is read and dropped, up to the limit of a request
    call.respond('enough');
    await posted;
    expect(pulled).toBeGreaterThan(100);
  });

  test('a request that is slower than the row allows is given up, at the service too', async () => {
    const { called, service } = driven();
    const of = await arrivingGateway({ speech: service });
    of.deadlineMs = 500;
    const { send, outcome } = await asking(of);
    const call = await called;
    send('one');
    expect(await outcome).toMatchObject({ outer: 408, code: 'request-timeout' });
    expect(call.deadline.aborted).toBe(true);
  });

  test('releases its place at the service when the request is finished', async () => {
    const of = await testGateway({ rows: [{ ...speech, maxInFlight: 1 }] });
    for (let i = 0; i < 3; i++) {
      const cutOff = await asking(of);
      cutOff.send('one');
      cutOff.cut();
      expect((await cutOff.outcome).outer).toBe(400);
      const whole = await asking(of);
      whole.send('one');
      whole.end();
      expect(await whole.outcome).toMatchObject({ status: 200, text: 'one' });
    }
  });
});

describe('a row that takes streamed requests', () => {
  test('buffers other requests: known length, GET, and with a Content-Length', async () => {
    const of = await arrivingGateway();
    const date = await of.fields('speech');
    const request = inner({ authority: 'speech', fields: date, content: utf8('known') });
    const { chunks } = await sealChunked(await of.sealer(), [padded(request)]);
    expect((await of.post(joined(chunks), CHUNKED)).status).toBe(200);
    const get = await asking(of, { method: 'GET' });
    get.end();
    expect((await get.outcome).status).toBe(200);
    const declared = await asking(of, { fields: [...(await of.fields('speech')), ['content-length', '3']] });
    declared.send('one');
    declared.end();
    expect(await declared.outcome).toMatchObject({ status: 200, text: 'one' });
    const wrong = await asking(of, { fields: [...(await of.fields('speech')), ['content-length', '4']] });
    wrong.send('one');
    wrong.end();
    expect(await wrong.outcome).toMatchObject({ status: 400, code: 'bad-request' });
    expect(of.calls.map(({ content }) => content instanceof Uint8Array)).toEqual([true, true, true]);
  });

  test('its bundle contains this', async () => {
    const plain = { ...speech, name: 'feed', stream: { flushMs: 20, requests: false } };
    const of = await testGateway({ rows: [speech, plain] });
    const { services } = await of.bundle();
    expect(
      services.map(({ name, streams, streamsRequests, requestLength }) => [
        name,
        streams,
        streamsRequests,
        requestLength,
      ]),
    ).toEqual([
      ['speech', true, true, 100_000],
      ['feed', true, false, 100_000],
    ]);
  });
});

test('a row that only streams responses buffers requests of any framing', async () => {
  const feed = { ...speech, stream: { flushMs: 20, requests: false } };
  const of = await testGateway({ rows: [feed] });
  const { send, end, outcome } = await asking(of);
  send('one');
  await settle();
  expect(of.calls).toEqual([]);
  send('two');
  end();
  expect(await outcome).toMatchObject({ status: 200, text: 'onetwo' });
  expect(of.calls[0]?.content).toBeInstanceOf(Uint8Array);
});
