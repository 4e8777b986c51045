import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { startSuite } from '@sotto/local';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf } from '../support/documents.ts';
import { launch } from './support.ts';

let browser: Browser;
let app: Server;
let origin: string;
let suite: Awaited<ReturnType<typeof startSuite>>;
let script = '';

/** The page of an app that a developer serves from an origin of its own. */
beforeAll(async () => {
  app = createServer((request, response) => {
    const isScript = request.url === '/app.js';
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' });
    response.end(isScript ? script : '<script type="module" src="/app.js"></script>');
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
  suite = await startSuite({ page: true, origins: [origin] });
  const source = blocksOf('docs/how-to/local-suite.md').find(({ language }) => language === 'js')?.text ?? '';
  const bundled = await build({
    stdin: {
      contents: `${source.replace('http://127.0.0.1:8805', suite.urls.page)}; globalThis.found = results;`,
      resolveDir: path.resolve(import.meta.dirname, '../..'),
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  });
  script = bundled.outputFiles[0]?.text ?? '';
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  await suite.dispose();
  app.close();
});

test('the program of docs/how-to/local-suite.md finds stickers from an origin of its own', async () => {
  const page = await browser.newPage();
  await page.goto(origin);
  await page.waitForFunction('globalThis.found !== undefined');
  const found = (await page.evaluate('globalThis.found')) as { readonly emoji: string }[];
  expect(found.map(({ emoji }) => emoji).join(' ')).toMatch(/😺|😸/);
});

test('a page of another origin is refused the account', async () => {
  const page = await browser.newPage();
  await page.goto(origin.replace('127.0.0.1', 'localhost'));
  const answer = await page.evaluate(
    `fetch('${suite.urls.page}/local/account', { method: 'POST' }).then(({ status }) => status, () => 'blocked')`,
  );
  expect(answer).toBe('blocked'); // 403 without CORS fields: the page may not even read the status
});
