import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle, serve, type Served } from './serve.ts';
import { launch } from './support.ts';

const CLIENT = path.resolve(import.meta.dirname, '../../packages/client');
const PAGE = `
  import { createBrowserClient } from './src/browser/index.ts';
  import { indexedDbWallet } from './src/browser/indexeddb.ts';
  import { killAt, seededWorld, VOUCHER_CONTRACT } from './test/support/voucher-contract.ts';
  import { peek } from './test/support/vouchers.ts';
  import { WALLET_CONTRACT } from './test/support/wallet-contract.ts';
  const CONTRACT = [...WALLET_CONTRACT, ...VOUCHER_CONTRACT];
  const open = (name) => indexedDbWallet(name);
  globalThis.contract = (i) => CONTRACT[i][1](async () => open('row ' + i));
  globalThis.rows = CONTRACT.map(([name]) => name);
  const packs = ({ world }) => world.gateway.seen.map(({ content }) => [...content].join(' '));
  /** Refills, and refills once more without reading the response. Then the page is closed. */
  globalThis.refillAndHang = async (name) => {
    const setup = await seededWorld();
    await setup.world.client({ wallet: open(name) }).refill();
    await killAt(setup, open(name), '/ohttp', true);
    return packs(setup).at(-1);
  };
  /** Another page of the same origin, a minute later: its user wants tokens. */
  globalThis.refillAgain = async (name) => {
    const setup = await seededWorld();
    setup.world.now += 60;
    await setup.world.client({ wallet: open(name) }).refill({ more: true });
    const { tokens, vouchers } = await peek(open(name));
    return { packs: packs(setup), tokens: tokens.length, held: vouchers.held.length, pack: vouchers.pack };
  };
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
  const request = (asked) => new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const rows = async (name, mode, use) => {
    const db = await request(indexedDB.open(name));
    const result = await request(use(db.transaction('wallet', mode).objectStore('wallet')));
    db.close();
    return result;
  };
  globalThis.stored = async (name) => (await rows(name, 'readonly', (table) => table.getAll())).map((value) => ({
    extractable: value.key?.extractable ?? null,
    version: value.version,
    canary: new TextDecoder().decode(value.bytes).includes('canary'),
  }));
  const code = (promise) => promise.then((value) => value ?? 'kept', (error) => error.code);
  /** The platform's transactions fail so many times, as on a connection that it has closed without an event. */
  globalThis.dead = async (name, times) => {
    const wallet = open(name);
    await wallet.update((state) => void (state.sequence = 5));
    const real = IDBDatabase.prototype.transaction;
    let left = times;
    IDBDatabase.prototype.transaction = function (...all) {
      if (left-- > 0) throw new DOMException('closing', 'InvalidStateError');
      return real.apply(this, all);
    };
    const first = await code(wallet.update(({ sequence }) => sequence));
    IDBDatabase.prototype.transaction = real;
    return [first, await code(wallet.update(({ sequence }) => sequence))];
  };
  /** A database that never responds; the ten seconds of its bound pass in a tenth of one. */
  globalThis.silent = async (name, method) => {
    await open(name).update((state) => void (state.sequence = 5));
    const wallet = open(name);
    if (method === 'transaction') await wallet.update(() => {});
    const [holder, real, timer] = method === 'open'
      ? [IDBFactory.prototype, IDBFactory.prototype.open, setTimeout]
      : [IDBDatabase.prototype, IDBDatabase.prototype.transaction, setTimeout];
    holder[method] = function (...all) {
      const made = real.apply(this, all);
      made.addEventListener = () => {};
      return made;
    };
    globalThis.setTimeout = (run, ms) => timer(run, ms / 100);
    const failed = await code(wallet.update((state) => void (state.sequence = 6)));
    holder[method] = real;
    globalThis.setTimeout = timer;
    return [failed, await code(wallet.update((state) => void (state.sequence = 6)))];
  };
  const lives = {};
  globalThis.write = (name, n) => code((lives[name] ??= open(name)).update((state) => void (state.sequence = n)));
  globalThis.read = (name) => code(open(name).update(({ sequence }) => sequence));
  globalThis.wipe = (name) => request(indexedDB.deleteDatabase(name)).then(() => null);
  globalThis.plain = async (name) => {
    await rows(name, 'readwrite', (table) => table.put({ version: 9, key: null, bytes: new Uint8Array(50) }, 'state'));
  };
  globalThis.empty = async (name) => (await request(indexedDB.open(name))).close();
  globalThis.older = async (name) => {
    await rows(name, 'readwrite', (table) => table.put({ version: 9, bytes: new Uint8Array(50) }, 'state'));
  };
  globalThis.deployments = async (all) => {
    for (const { relay, root } of all) {
      const options = { relay, root, issuer: 'https://issuer.invalid', account: async () => 'a', fetch: async () => { throw new TypeError() } };
      await createBrowserClient(options).bundle().catch(() => {});
    }
    const names = (await indexedDB.databases()).map(({ name }) => name);
    return names.filter((name) => name.startsWith('sotto ')).length;
  };`;

let served: Served;
let browser: Browser;
let tabs: Page[];

beforeAll(async () => {
  const script = await bundle(PAGE, CLIENT);
  served = await serve(() => '<script type="module" src="/page.js"></script>', script);
  browser = await launch();
  const context = await browser.newContext();
  tabs = [await context.newPage(), await context.newPage()];
  for (const tab of tabs) {
    await tab.goto(served.url);
    await tab.waitForFunction('globalThis.contract');
  }
});
afterAll(async () => {
  await browser.close();
  served.close();
});

test('IndexedDB wallet: meets the wallet contract', async () => {
  const [tab] = tabs;
  const rows = (await tab?.evaluate('rows')) as string[];
  expect(rows.length).toBeGreaterThan(5);
  for (const i of rows.keys()) await tab?.evaluate(`contract(${i})`);
});

test('V10 IndexedDB wallet: a page that is closed during a refill leaves its pack, and another page sends the same one', async () => {
  const closed = await tabs[0]?.context().newPage();
  await closed?.goto(served.url);
  await closed?.waitForFunction('globalThis.contract');
  const sent = (await closed?.evaluate('refillAndHang("closed page")')) as string;
  await closed?.close();
  expect(await tabs[1]?.evaluate('refillAgain("closed page")')).toEqual({
    packs: [sent],
    tokens: 6,
    held: 19,
    pack: null,
  });
});

test('IndexedDB wallet: two tabs take 40 tokens at once, each token once', async () => {
  await tabs[0]?.evaluate('fill("tabs")');
  const taken = (await Promise.all(tabs.map((tab) => tab.evaluate('take("tabs")')))) as number[][];
  expect(taken.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
});

test('IndexedDB wallet: stores only ciphertext under a key that cannot be exported', async () => {
  await tabs[0]?.evaluate('fill("rest")');
  const stored = await tabs[0]?.evaluate('stored("rest")');
  expect(stored).toEqual([{ extractable: false, version: 1, canary: false }]);
});

test('IndexedDB wallet: stores no plaintext after a key could not be stored', async () => {
  expect(await tabs[0]?.evaluate('full("full")')).toEqual(['wallet-unavailable', 'kept']);
  expect(await tabs[0]?.evaluate('stored("full")')).toEqual([
    { extractable: false, version: 1, canary: false },
  ]);
});

test.each([
  [1, [5, 5]],
  [99, ['wallet-unavailable', 5]],
])('N27 a connection that is dead %i times is opened again once', async (times, expected) => {
  expect(await tabs[0]?.evaluate(`dead("dead ${times}", ${times})`)).toEqual(expected);
});

test.each(['transaction', 'open'])(
  'N27 a database whose %s never responds fails, and works again later',
  async (method) => {
    const name = JSON.stringify(`silent ${method}`);
    expect(await tabs[0]?.evaluate(`silent(${name}, "${method}")`)).toEqual(['wallet-unavailable', 'kept']);
  },
);

test('N53 a database deleted under a live tab: the tab goes on, and a new page reads what it wrote', async () => {
  const [one, two] = tabs;
  expect(await one?.evaluate('write("wiped", 5)')).toBe('kept');
  await two?.evaluate('wipe("wiped")');
  expect(await one?.evaluate('write("wiped", 6)')).toBe('kept');
  expect(await two?.evaluate('read("wiped")')).toBe(6);
  await two?.evaluate('wipe("wiped")');
  expect(await two?.evaluate('write("wiped", 7)')).toBe('kept');
  expect(await one?.evaluate('write("wiped", 8)')).toBe('kept');
  expect(await two?.evaluate('read("wiped")')).toBe(8);
});

test.each([
  ['plain content in place of a sealed wallet', 'plain'],
  ['a row of an older version', 'older'],
])('N53 N70 %s is replaced, and the error says so', async (_name, harm) => {
  const name = JSON.stringify(`harmed ${harm}`);
  await tabs[0]?.evaluate(`write(${name}, 5)`);
  await tabs[1]?.evaluate(`${harm}(${name})`);
  expect(await tabs[1]?.evaluate(`read(${name})`)).toBe('wallet-replaced');
  expect(await tabs[1]?.evaluate(`read(${name})`)).toBe(-1);
  expect(await tabs[0]?.evaluate(`write(${name}, 6)`)).toBe('kept');
  expect(await tabs[1]?.evaluate(`stored(${name})`)).toMatchObject([{ extractable: false, canary: false }]);
});

test('N53 a database without the wallet’s table is created anew', async () => {
  await tabs[0]?.evaluate('empty("no table")');
  expect(await tabs[0]?.evaluate('write("no table", 5)')).toBe('kept');
  expect(await tabs[1]?.evaluate('read("no table")')).toBe(5);
});

test('N31 deployments on one origin have a wallet each', async () => {
  const root = (n: number): string => Buffer.alloc(32, n).toString('base64url');
  const all = [
    { relay: 'https://one.invalid', root: root(1) },
    { relay: 'https://two.invalid', root: root(1) },
    { relay: 'https://one.invalid', root: root(2) },
    { relay: 'https://one.invalid', root: [root(2), root(3)] },
  ];
  expect(await tabs[0]?.evaluate(`deployments(${JSON.stringify(all)})`)).toBe(3);
});
