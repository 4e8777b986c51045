import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';

const BUILT = path.join(import.meta.dirname, '../catalogue/built');
const folder = mkdtempSync(path.join(tmpdir(), 'sotto-stickers-'));
for (const name of ['catalogue.bin', 'art.bin'])
  copyFileSync(path.join(BUILT, name), path.join(folder, name));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return `${port}`;
}

/** Starts it; resolves when it has said something. */
async function start(env: Readonly<Record<string, string>>) {
  const entry = path.join(import.meta.dirname, '../src/node.ts');
  const child = spawn(process.execPath, [entry], { env: { PATH: process.env['PATH'] ?? '', ...env } });
  children.push(child);
  let said = '';
  const heard = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        said += data.toString();
        resolve();
      });
    }
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  await heard;
  return { child, ended, said: () => said };
}

test('the service on Node finds, keeps a catalogue until there is a better one, and stops', async () => {
  const PORT = await freePort();
  const { child, ended, said } = await start({ PORT, CATALOGUE: folder });
  expect(said()).toBe('ready\n');
  const search = async (): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ q: 'happy cat', locale: 'en' });
    return (await fetch(`http://127.0.0.1:${PORT}/v1/search`, { method: 'POST', headers, body })).json();
  };
  const found = await search();
  expect(JSON.stringify(found)).toContain('😺');

  writeFileSync(path.join(folder, 'catalogue.bin'), 'noise');
  child.kill('SIGHUP');
  await once(child.stderr, 'data');
  expect(await search()).toEqual(found);
  expect(said()).toBe('ready\nsotto stickers: the new catalogue cannot be read\n');

  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test.each([
  ['a page without room', { PAGE_BYTES: '10' }],
  ['no catalogue', { CATALOGUE: '/nowhere' }],
  ['a port that is none', { PORT: '99999999' }],
])('%s ends the start with one line', async (_what, env) => {
  const { ended, said } = await start({ PORT: '0', ...env });
  expect(await ended).toBe(1);
  expect(said()).toMatch(/^sotto stickers: [^\n]+\n$/);
});
