import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '@sotto/client';
import { streamedUpload } from '@sotto/client/node';
import { fromUtf8, utf8 } from '@sotto/wire';
import { clientOf } from '../support/clients.ts';
import { faultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { STREAM_CLASS } from '../support/streaming-service.ts';
import { STREAMING_SUITES, type StreamingSuite } from '../support/streaming-suites.ts';

interface Deployment extends Pick<StreamingSuite, 'service' | 'close'> {
  /** A client whose connections to the relay pass through the proxy. */
  readonly client: Client;
  readonly proxy: FaultProxy;
}

const HOW_IT_ENDS = [() => 'read', () => 'broken off'] as const;

async function behindProxy({ service, suite, close }: StreamingSuite): Promise<Deployment> {
  const proxy = await faultProxy(Number(new URL(suite.urls.relay).port));
  const urls = { ...suite.urls, relay: proxy.url };
  return {
    service,
    proxy,
    client: clientOf({ ...suite, urls }, 'ada', { upload: streamedUpload }),
    async close() {
      await proxy.close();
      await close();
    },
  };
}

describe.each(STREAMING_SUITES)('a stream through relay and gateway on %s', (_name, start) => {
  let world: Deployment;
  beforeAll(async () => {
    world = await behindProxy(await start());
  }, 120_000);
  afterAll(() => world.close());

  /** Opens a stream. The head arrives before the service has sent any content. */
  async function open(): Promise<[ReadableStreamDefaultReader<Uint8Array>, ServerResponse]> {
    const response = await world.client.fetch('https://feed/v1/lines');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    const body = response.body as ReadableStream<Uint8Array>;
    return [body.getReader(), await world.service.next()];
  }

  /** Reads until this much text has arrived. */
  async function read(reader: ReadableStreamDefaultReader<Uint8Array>, length: number): Promise<string> {
    let text = '';
    while (text.length < length) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`ended after ${text}`);
      text += fromUtf8(value);
    }
    return text;
  }

  test('ten pieces arrive one by one: each is sent after the previous one was read', async () => {
    const [reader, service] = await open();
    for (let i = 0; i < 10; i++) {
      service.write(`line ${i}\n`);
      expect(await read(reader, 7)).toBe(`line ${i}\n`);
    }
    service.end();
    expect((await reader.read()).done).toBe(true);
  });

  test('a connection that is cut in the middle is a coded error, and the user may retry', async () => {
    const [reader, service] = await open();
    service.write('line 0\n');
    await read(reader, 7);
    await world.proxy.drop();
    const error = await reader.read().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'ClientError', code: 'response-broken', attempt: {} });
  });

  test('a service that closes early is the same coded error', async () => {
    const [reader, service] = await open();
    service.write('line 0\n');
    await read(reader, 7);
    service.destroy();
    await expect(reader.read()).rejects.toMatchObject({ code: 'response-broken' });
  });

  test('content that does not fit into the class is the same coded error', async () => {
    const [reader, service] = await open();
    service.end('x'.repeat(STREAM_CLASS.responseLength));
    const all = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    await expect(all()).rejects.toMatchObject({ code: 'response-broken' });
  });

  test('a reader that disconnects ends the request of the service', async () => {
    const [reader, service] = await open();
    const closed = new Promise<void>((resolve) => service.once('close', () => resolve()));
    await reader.cancel();
    // The service notices when it writes.
    const writing = setInterval(() => service.write('x'.repeat(1000)), 20);
    await expect(closed).resolves.toBeUndefined();
    clearInterval(writing);
  });

  /** Sends a stream that the test writes. The service has its head. */
  async function send() {
    let body!: ReadableStreamDefaultController<Uint8Array>;
    const content = new ReadableStream<Uint8Array>({ start: (controller) => void (body = controller) });
    const sent = world.client.fetch('https://feed/v1/lines', { body: content, duplex: 'half' });
    sent.catch(() => {});
    const service = await world.service.next();
    const { req: request } = service;
    const reader = Readable.toWeb(request).getReader() as ReadableStreamDefaultReader<Uint8Array>;
    return { body, sent, service, request, reader, write: (text: string) => body.enqueue(utf8(text)) };
  }

  test('ten pieces of a request arrive one by one: each is written after the service has read the previous one', async () => {
    const { body, sent, service, reader, write } = await send();
    service.write('thanks\n'); // the client gets it when it has sent everything
    for (let i = 0; i < 10; i++) {
      write(`line ${i}\n`);
      expect(await read(reader, 7)).toBe(`line ${i}\n`);
    }
    body.close();
    expect((await reader.read()).done).toBe(true);
    service.end();
    expect(await (await sent).text()).toBe('thanks\n');
  });

  test('a request that is cut in the middle is a coded error, and the service does not treat it as complete', async () => {
    const { sent, request, reader, write } = await send();
    write('line 0\n');
    await read(reader, 7);
    await world.proxy.drop();
    await expect(sent).rejects.toMatchObject({
      name: 'ClientError',
      code: 'relay-unreachable',
      attempt: null,
    });
    expect(await reader.read().then(...HOW_IT_ENDS)).toBe('broken off');
    expect(request.complete).toBe(false);
  });

  test('a source that fails is a coded error, and the service does not treat the request as complete', async () => {
    const { body, sent, request, reader, write } = await send();
    write('line 0\n');
    await read(reader, 7);
    body.error(new Error('the microphone was unplugged'));
    await expect(sent).rejects.toMatchObject({ code: 'request-broken', attempt: null });
    expect(await reader.read().then(...HOW_IT_ENDS)).toBe('broken off');
    expect(request.complete).toBe(false);
  });

  test('content of a request that does not fit into the class is a coded error', async () => {
    const { sent, request, reader, write } = await send();
    write('x'.repeat(STREAM_CLASS.requestLength));
    await expect(sent).rejects.toMatchObject({ code: 'query-too-long' });
    expect(await reader.read().then(...HOW_IT_ENDS)).toBe('broken off');
    expect(request.complete).toBe(false);
  });
});
