import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveChat } from '../../docs/examples/e2ee-chat/server.ts';
import { logOf, PATIENCE, pickerOf, search, useSuite, violations, WAIT } from './support.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, unknown>>;
}

const local = useSuite();
let chat: Server;
let origin = '';

beforeAll(async () => {
  chat = await serveChat(local.suite.page, 0);
  origin = `http://127.0.0.1:${(chat.address() as AddressInfo).port}`;
});
afterAll(() => void chat.close());

async function context(): Promise<BrowserContext> {
  const made = await local.browser.newContext();
  made.setDefaultTimeout(PATIENCE);
  return made;
}

/** A tab that takes part in the chat. */
async function tab(of: BrowserContext, name: string, button: 'Start a group' | 'Join'): Promise<Page> {
  const page = await of.newPage();
  await page.goto(origin);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: button }).click();
  return page;
}

test('chat: its package.json names the versions that this repository installs, and every package that it imports', async () => {
  const read = async (file: string) => JSON.parse(await readFile(path.join(ROOT, file), 'utf8')) as Manifest;
  const [chatManifest, ours] = await Promise.all([
    read('docs/examples/e2ee-chat/package.json'),
    read('package.json'),
  ]);
  const { dependencies = {}, overrides } = chatManifest;
  expect(overrides['ts-mls']).toEqual(ours.overrides['ts-mls']);
  const others = Object.entries(dependencies).filter(([name]) => !name.startsWith('@sotto/'));
  for (const [name, version] of others)
    expect([name, (await read(`node_modules/${name}/package.json`)).version]).toEqual([name, version]);
  const sources = await Promise.all(
    ['server.ts', 'src/chat.ts', 'src/group.ts', 'src/message.ts'].map((file) =>
      readFile(path.join(ROOT, 'docs/examples/e2ee-chat', file), 'utf8'),
    ),
  );
  const imported = [
    ...sources.join('\n').matchAll(/(?:from|^import) '((?:@[^/']+\/)?[^/'.:]+)(?:\/[^':]*)?'/gm),
  ];
  const names = new Set(imported.map(([, name = '']) => name));
  expect(names).toEqual(new Set(['@sotto/client', '@sotto/picker', 'esbuild', 'ts-mls']));
  expect([...names].filter((name) => dependencies[name] === undefined)).toEqual([]);
});

const code = (page: Page): Promise<string | null> => page.locator('#members').textContent();

test('chat: a sticker arrives in the other tab, encrypted on the way, and only three origins are contacted', async () => {
  const all = await context();
  const log = logOf(all);
  // A tab that only listens stands for the server that delivers messages.
  const server = await all.newPage();
  await server.goto(`${origin}/config`);
  await server.evaluate(() => {
    const seen: Uint8Array[] = [];
    const channel = new BroadcastChannel('e2ee-chat');
    channel.addEventListener('message', ({ data }: MessageEvent<Uint8Array>) => seen.push(data));
    Object.assign(globalThis, { seen, channel });
  });
  const bob = await tab(all, 'Bob', 'Join'); // waits until somebody starts
  await bob.getByText('Waiting for a tab').waitFor();
  const alice = await tab(all, 'Alice', 'Start a group');
  for (const page of [alice, bob]) await page.getByText('2 in this group').waitFor();
  expect(await code(alice)).toBe(await code(bob));
  const firstCode = await code(alice);
  const carol = await tab(all, 'Carol', 'Join');
  for (const page of [alice, bob, carol]) await page.getByText('3 in this group').waitFor();
  expect(await code(bob)).toBe(await code(carol));
  expect(await code(bob)).not.toBe(firstCode);

  await alice.getByLabel('Message', { exact: true }).fill('hello bob');
  await alice.getByRole('button', { name: 'Send' }).click();
  await bob.getByText('hello bob').waitFor();

  const picker = pickerOf(alice);
  await search(alice, 'cat');
  await picker.heading.filter({ hasText: 'From the private network' }).waitFor();
  const cell = picker.cells.first();
  const name = (await cell.getAttribute('aria-label')) ?? '';
  await cell.click();
  const received = bob.locator('#messages img');
  await received.waitFor();
  const source = await received.getAttribute('src');
  expect(await received.getAttribute('alt')).toBe(name);
  expect(source).toBe(await alice.locator('#messages img').getAttribute('src'));
  expect(source).toMatch(/^data:image\/(svg\+xml|webp)/);
  expect(await received.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
  await carol.locator('#messages img').waitFor();

  // The delivery saw bytes of one length for text and sticker, and no word of either.
  const [lengths, text] = await server.evaluate(() => {
    const { seen } = globalThis as unknown as { seen: Uint8Array[] };
    const latin1 = new TextDecoder('latin1');
    return [seen.slice(-2).map(({ length }) => length), seen.map((one) => latin1.decode(one)).join('\n')];
  });
  expect(lengths[0]).toBe(lengths[1]);
  expect(lengths[0]).toBeGreaterThan(32_768);
  // Four random bytes or fewer would be found by chance.
  const words = ['hello bob', `"name":"${name}"`, 'sticker', '"type":"image', '<svg xmlns'];
  expect(words.filter((word) => text.includes(word))).toEqual([]);
  expect(await violations(alice)).toEqual([]);
  const known = new Set([origin, local.suite.relay, local.suite.issuer]);
  expect([...log.origins].toSorted()).toEqual([...known].toSorted());
  expect(log.errors).toEqual([]);
  await all.close();
});

test('chat: a damaged message and art that would fetch something are left out, and the chat goes on', async () => {
  const all = await context();
  const log = logOf(all);
  const alice = await tab(all, 'Alice', 'Start a group');
  await alice.getByText('1 in this group').waitFor();
  const bob = await tab(all, 'Bob', 'Join');
  await bob.getByText('2 in this group').waitFor();
  const [chosen] = await Promise.all([
    bob.locator('#messages li').first().textContent(),
    alice.evaluate(() => {
      const data =
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="https://tracker.invalid/x.png"/></svg>';
      const detail = { name: 'trap', emoji: '🪤', pack: 'x', id: 'x', art: { type: 'image/svg+xml', data } };
      document.querySelector('sotto-stickers')?.dispatchEvent(new CustomEvent('sticker-select', { detail }));
    }),
  ]);
  expect(chosen).toBe('Alice🪤');
  expect(await bob.locator('#messages img').count()).toBe(0);
  await alice.evaluate(() => {
    const channel = new BroadcastChannel('e2ee-chat');
    channel.postMessage(new Uint8Array([0, 1, 0, 2, 9, 9, 9]));
  });
  await alice.getByLabel('Message', { exact: true }).fill('still here');
  await alice.getByRole('button', { name: 'Send' }).click();
  await bob.getByText('still here').waitFor();
  await expect.poll(() => bob.locator('#messages li').count(), WAIT).toBe(2);
  expect([...log.origins].every((one) => !one.includes('tracker'))).toBe(true);
  await all.close();
});
