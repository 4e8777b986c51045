import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '@sotto/client';
import { fromUtf8 } from '@sotto/wire';
import { startSuite } from '../../services/local/src/suite.ts';
import { clientOf } from '../support/clients.ts';
import { faultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { suiteOnNode } from '../support/on-node.ts';
import {
  STREAM_CLASS,
  streamingService,
  streamRow,
  type StreamingService,
} from '../support/streaming-service.ts';

interface Deployment {
  readonly service: StreamingService;
  /** A client whose connections to the relay pass through the proxy. */
  readonly client: Client;
  readonly proxy: FaultProxy;
  close(): Promise<void>;
}

const SEARCH_CLASS = { requestLength: 1024, responseLength: 98_304 };
const LENGTH_CLASSES = JSON.stringify({ search: SEARCH_CLASS, stream: STREAM_CLASS });

async function onWorkers(): Promise<Deployment> {
  const service = await streamingService();
  const stickers = {
    name: 'stickers',
    target: { binding: 'STICKERS' },
    token: { type: 5 },
    idempotent: true,
  };
  const rows = [{ ...stickers, class: 'search' }, streamRow('feed', service.url, { class: 'stream' })];
  const suite = await startSuite({ vars: { gateway: { SERVICES: JSON.stringify(rows), LENGTH_CLASSES } } });
  return behindProxy(service, suite, () => suite.dispose());
}

async function onNode(): Promise<Deployment> {
  const service = await streamingService();
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-stream-'));
  const target = { url: service.url, private: ['127.0.0.1'] };
  const suite = await suiteOnNode(folder, {
    rows: [streamRow('feed', service.url, { class: 'stream', target })],
    vars: { gateway: { LENGTH_CLASSES } },
  });
  return behindProxy(service, suite, async () => {
    await suite.close();
    rmSync(folder, { recursive: true, force: true });
  });
}

async function behindProxy(
  service: StreamingService,
  suite: Parameters<typeof clientOf>[0],
  close: () => Promise<void>,
): Promise<Deployment> {
  const proxy = await faultProxy(Number(new URL(suite.urls.relay).port));
  return {
    service,
    proxy,
    client: clientOf({ ...suite, urls: { ...suite.urls, relay: proxy.url } }, 'ada'),
    async close() {
      await proxy.close();
      await service.close();
      await close();
    },
  };
}

describe.each([
  ['Workers', onWorkers],
  ['Node', onNode],
])('a stream through relay and gateway on %s', (_name, start) => {
  let world: Deployment;
  beforeAll(async () => {
    world = await start();
  }, 120_000);
  afterAll(() => world.close());

  /** Opens a stream. The head arrives before the service has sent any content. */
  async function open(): Promise<[ReadableStreamDefaultReader<Uint8Array>, ServerResponse]> {
    const response = await world.client.fetch('https://feed/v1/lines');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    const body = response.body as ReadableStream<Uint8Array>;
    return [body.getReader(), await world.service.next()];
  }

  /** Reads until so much text has come. */
  async function read(reader: ReadableStreamDefaultReader<Uint8Array>, length: number): Promise<string> {
    let text = '';
    while (text.length < length) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`ended after ${text}`);
      text += fromUtf8(value);
    }
    return text;
  }

  test('ten pieces arrive one by one: each is sent after the one before it was read', async () => {
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

  test('a service that breaks off is the same coded error', async () => {
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

  test('a reader that leaves ends the request of the service', async () => {
    const [reader, service] = await open();
    const closed = new Promise<void>((resolve) => service.once('close', () => resolve()));
    await reader.cancel();
    // The service notices when it writes.
    const writing = setInterval(() => service.write('x'.repeat(1000)), 20);
    await expect(closed).resolves.toBeUndefined();
    clearInterval(writing);
  });
});
