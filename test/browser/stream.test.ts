import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { STREAMING_SUITES, type StreamingSuite } from '../support/streaming-suites.ts';
import { launch } from './support.ts';

const CLIENT = path.resolve(import.meta.dirname, '../../packages/client');
/** Reads and sends streams as an app does; `write` and `end` drive the service. */
const PAGE = `
  import { createBrowserClient } from './src/browser/index.ts';
  const clientOf = (parties) => createBrowserClient({ ...parties, account: async () => 'none' });
  globalThis.stream = async (parties, pieces) => {
    const response = await clientOf(parties).fetch('https://feed/v1/lines');
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const read = [];
    try {
      for (const piece of pieces) {
        await write(piece);
        let text = '';
        while (text.length < piece.length) text += (await reader.read()).value;
        read.push(text);
      }
      await end();
      read.push((await reader.read()).done);
    } catch (error) {
      read.push(error.code);
    }
    return read;
  };
  globalThis.upload = async (parties, pieces) => {
    const left = pieces.map((piece) => new TextEncoder().encode(piece));
    const body = new ReadableStream({
      pull(controller) {
        const piece = left.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
    });
    return (await clientOf(parties).fetch('https://feed/v1/lines', { body, duplex: 'half' })).text();
  };
`;

let browser: Browser;
let blank: Server;
let page: Page;
let world: StreamingSuite;
let proxy: FaultProxy;
let ending: (response: ServerResponse) => unknown;

beforeAll(async () => {
  browser = await launch();
  page = await browser.newPage();
  let current: Promise<ServerResponse> | null = null;
  await page.exposeFunction('write', async (piece: string) => {
    current ??= world.service.next();
    (await current).write(piece);
  });
  await page.exposeFunction('end', async () => {
    await ending(await (current as Promise<ServerResponse>));
    current = null;
  });
  const bundled = await build({
    stdin: { contents: PAGE, resolveDir: CLIENT, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
  });
  await page.goto(await serveBlankPage());
  await page.addScriptTag({ type: 'module', content: bundled.outputFiles[0]?.text ?? '' });
  await page.waitForFunction('globalThis.stream !== undefined');
});
afterAll(async () => {
  await browser.close();
  blank.close();
});

/** A page of loopback: there Web Locks exist, and the relay may be plain http. */
async function serveBlankPage(): Promise<string> {
  blank = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<title>stream</title>');
  });
  await new Promise<void>((resolve) => blank.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(blank.address() as AddressInfo).port}`;
}

const PIECES = Array.from({ length: 10 }, (_, i) => `line ${i} \u{1f431}\n`);

describe.each(STREAMING_SUITES)('a stream in Chromium, through relay and gateway on %s', (_name, start) => {
  beforeAll(async () => {
    world = await start();
    proxy = await faultProxy(Number(new URL(world.suite.urls.relay).port));
  }, 120_000);
  afterAll(async () => {
    await proxy.close();
    await world.close();
  });

  function inPage(what: 'stream' | 'upload', pieces: readonly string[]): Promise<unknown> {
    const { urls, secrets } = world.suite;
    const parties = { relay: proxy.url, issuer: urls.issuer, root: secrets.root };
    return page.evaluate(`${what}(${JSON.stringify(parties)}, ${JSON.stringify(pieces)})`);
  }

  test('ten pieces arrive one by one, each sent after the previous one was read', async () => {
    ending = (response) => response.end();
    expect(await inPage('stream', PIECES)).toEqual([...PIECES, true]);
  });

  test('a service that closes early is a coded error', async () => {
    ending = (response) => response.destroy();
    expect(await inPage('stream', PIECES.slice(0, 2))).toEqual([...PIECES.slice(0, 2), 'response-broken']);
  });

  test('a connection that is cut in the middle is a coded error', async () => {
    ending = () => proxy.drop();
    expect(await inPage('stream', PIECES.slice(0, 2))).toEqual([...PIECES.slice(0, 2), 'response-broken']);
  });

  test('a body that is a stream is sent when it has been read, to a service that takes streams', async () => {
    const answered = (async () => {
      const response = await world.service.next();
      response.end(`got ${await text(response.req)}`);
    })();
    expect(await inPage('upload', PIECES)).toBe(`got ${PIECES.join('')}`);
    await answered;
  });
});
