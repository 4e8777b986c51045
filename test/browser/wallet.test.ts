import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from './support.ts';

const CLIENT = path.resolve(import.meta.dirname, '../../packages/client');
const PAGE = `
  import { indexedDbWallet } from './src/browser/indexeddb.ts';
  import { WALLET_CONTRACT } from './test/support/wallet-contract.ts';
  const open = (name) => indexedDbWallet(name);
  globalThis.contract = (i) => WALLET_CONTRACT[i][1](async () => open('row ' + i));
  globalThis.rows = WALLET_CONTRACT.map(([name]) => name);
  globalThis.fill = (name) => open(name).update((state) => {
    for (let i = 0; i < 40; i++) state.tokens.push({ service: 's', epoch: 1, issuedAt: 1, token: Uint8Array.of(i) });
    state.schedules['canary'] = { epoch: 1, dueAt: 1, left: 1 };
  });
  globalThis.take = async (name) => {
    const wallet = open(name);
    const taken = [];
    for (;;) {
      const one = await wallet.update((state) => state.tokens.shift()?.token[0] ?? null);
      if (one === null) return taken;
      taken.push(one);
    }
  };
  /** The first write of all fails, as on a full disk; the second is tried by the same page. */
  globalThis.full = async (name) => {
    const wallet = open(name);
    const real = IDBDatabase.prototype.transaction;
    let refused = 0;
    IDBDatabase.prototype.transaction = function (...all) {
      if (all[1] === 'readwrite' && refused++ === 0) throw new DOMException('full', 'QuotaExceededError');
      return real.apply(this, all);
    };
    const change = () => wallet.update((state) => void (state.schedules['canary'] = { epoch: 1, dueAt: 1, left: 1 }));
    const first = await change().then(() => 'kept', (error) => error.code);
    const second = await change().then(() => 'kept', (error) => error.code);
    IDBDatabase.prototype.transaction = real;
    return [first, second];
  };
  globalThis.stored = async (name) => {
    const db = await new Promise((resolve) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
    });
    const values = await new Promise((resolve) => {
      const request = db.transaction('wallet').objectStore('wallet').getAll();
      request.onsuccess = () => resolve(request.result);
    });
    db.close();
    return values.map((value) => value instanceof CryptoKey
      ? { extractable: value.extractable }
      : { version: value.version, canary: new TextDecoder().decode(value.bytes).includes('canary') });
  };`;

let server: Server;
let browser: Browser;
let tabs: Page[];

beforeAll(async () => {
  const options = { bundle: true, write: false, format: 'esm', platform: 'browser' } as const;
  const { outputFiles } = await build({ stdin: { contents: PAGE, resolveDir: CLIENT }, ...options });
  server = createServer((request, response) => {
    const script = request.url === '/page.js';
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
    response.end(script ? outputFiles[0]?.text : '<script type="module" src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  browser = await launch();
  const context = await browser.newContext();
  tabs = [await context.newPage(), await context.newPage()];
  for (const tab of tabs) {
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await tab.waitForFunction('globalThis.contract');
  }
});
afterAll(async () => {
  await browser.close();
  server.close();
});

test('IndexedDB wallet: meets the wallet contract', async () => {
  const [tab] = tabs;
  const rows = (await tab?.evaluate('rows')) as string[];
  expect(rows.length).toBeGreaterThan(5);
  for (const i of rows.keys()) await tab?.evaluate(`contract(${i})`);
});

test('IndexedDB wallet: two tabs take 40 tokens at once, each token once', async () => {
  await tabs[0]?.evaluate('fill("tabs")');
  const taken = (await Promise.all(tabs.map((tab) => tab.evaluate('take("tabs")')))) as number[][];
  expect(taken.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
});

test('IndexedDB wallet: stores only ciphertext under a key that cannot be exported', async () => {
  await tabs[0]?.evaluate('fill("rest")');
  const stored = await tabs[0]?.evaluate('stored("rest")');
  expect(stored).toEqual([{ extractable: false }, { version: 1, canary: false }]);
});

test('IndexedDB wallet: stores no plaintext after a key could not be stored', async () => {
  expect(await tabs[0]?.evaluate('full("full")')).toEqual(['wallet-unavailable', 'kept']);
  expect(await tabs[0]?.evaluate('stored("full")')).toEqual([
    { extractable: false },
    { version: 1, canary: false },
  ]);
});
