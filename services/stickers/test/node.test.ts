import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { COMPILE_CACHE } from '../../../test/support/compile-cache.ts';

const BUILT = path.join(import.meta.dirname, '../catalogue/built');
const folder = mkdtempSync(path.join(tmpdir(), 'sotto-stickers-'));
for (const name of ['catalogue.bin', 'art.bin'])
  copyFileSync(path.join(BUILT, name), path.join(folder, name));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the entry file; resolves at its first output. */
async function start(env: Readonly<Record<string, string>>) {
  const entry = path.join(import.meta.dirname, '../src/node.ts');
  const child = spawn(process.execPath, [entry], {
    env: { PATH: process.env['PATH'] ?? '', ...COMPILE_CACHE, ...env },
  });
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

test('stickers on Node: searches, keeps the loaded catalogue when the new one is damaged, and stops on SIGTERM', async () => {
  const { child, ended, said } = await start({ PORT: '0', CATALOGUE: folder });
  const origin = /^ready (http:\/\/127\.0\.0\.1:[0-9]+)\n$/.exec(said())?.[1];
  expect(origin).toBeDefined();
  const search = async (): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ q: 'happy cat', locale: 'en' });
    return (await fetch(`${origin}/v1/search`, { method: 'POST', headers, body })).json();
  };
  const found = await search();
  expect(JSON.stringify(found)).toContain('😺');

  writeFileSync(path.join(folder, 'catalogue.bin'), 'noise');
  child.kill('SIGHUP');
  await once(child.stderr, 'data');
  expect(await search()).toEqual(found);
  expect(said()).toMatch(
    /\nsotto stickers: the catalogue that was loaded before stays\. CATALOGUE: [^\n]+\n$/,
  );

  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test.each([
  ['a page size below the smallest', { PAGE_BYTES: '10' }, /^PAGE_BYTES: .* from 16384 to/],
  ['a page size that is not a number', { PAGE_BYTES: '96k' }, /^PAGE_BYTES: must be a whole number/],
  ['a folder without a catalogue', { CATALOGUE: '/nowhere' }, /^CATALOGUE: .*npm run catalogue/],
  ['a damaged catalogue', { CATALOGUE: folder }, /^CATALOGUE: .*npm run catalogue/],
  ['a port out of range', { PORT: '99999999' }, /^PORT: must be a whole number from 0 to 65535/],
  ['an address beyond loopback without TLS', { HOST: '0.0.0.0' }, /^HOST: .*TLS_CERT_FILE/],
])('stickers on Node: with %s, exits with 1 and one line that names the remedy', async (_what, env, line) => {
  const { ended, said } = await start({ PORT: '0', ...env });
  expect(await ended).toBe(1);
  expect(said()).toMatch(/^sotto stickers: [^\n]+\n$/);
  expect(said().slice('sotto stickers: '.length)).toMatch(line);
});
