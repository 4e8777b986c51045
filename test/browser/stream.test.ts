import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { startSuite } from '@sotto/local';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { streamingService, streamRow, type StreamingService } from '../support/streaming-service.ts';
import { launch } from './support.ts';

const CLIENT = path.resolve(import.meta.dirname, '../../packages/client');
/** Reads a stream as an app does; `write` and `end` drive the service. */
const PAGE = `
  import { createBrowserClient } from './src/browser/index.ts';
  globalThis.stream = async (parties, pieces) => {
    const client = createBrowserClient({ ...parties, account: async () => 'none' });
    const response = await client.fetch('https://feed/v1/lines');
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
`;

let browser: Browser;
let blank: Server;
let page: Page;
let service: StreamingService;
let suite: Awaited<ReturnType<typeof startSuite>>;
let ending: (response: ServerResponse) => unknown;

beforeAll(async () => {
  service = await streamingService();
  suite = await startSuite({
    vars: { gateway: { SERVICES: JSON.stringify([streamRow('feed', service.url, SIZES)]) } },
  });
  browser = await launch();
  page = await browser.newPage();
  let current: Promise<ServerResponse> | null = null;
  await page.exposeFunction('write', async (text: string) => {
    current ??= service.next();
    (await current).write(text);
  });
  await page.exposeFunction('end', async () => {
    ending(await (current as Promise<ServerResponse>));
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
  await suite.dispose();
  await service.close();
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

const SIZES = { requestLength: 1024, responseLength: 65_536 };
const PIECES = Array.from({ length: 10 }, (_, i) => `line ${i} \u{1f431}\n`);

function read(pieces: readonly string[]): Promise<unknown> {
  const { urls, secrets } = suite;
  const parties = { relay: urls.relay, issuer: urls.issuer, root: secrets.root };
  return page.evaluate(`stream(${JSON.stringify(parties)}, ${JSON.stringify(pieces)})`);
}

test('a stream in Chromium: ten pieces arrive one by one, each sent after the one before it was read', async () => {
  ending = (response) => response.end();
  expect(await read(PIECES)).toEqual([...PIECES, true]);
});

test('a stream in Chromium: one that breaks off is a coded error', async () => {
  ending = (response) => response.destroy();
  expect(await read(PIECES.slice(0, 2))).toEqual([...PIECES.slice(0, 2), 'response-broken']);
});
