import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { rootPublicKey } from '@sotto/bundle';
import { decodeKeyConfigs } from '@sotto/ohttp';
import { base64url } from '@sotto/wire';
import { COMPILE_CACHE } from '../../../test/support/compile-cache.ts';
import { random, ROOT_SECRET } from './support/gateway.ts';
import { rawConnection } from '../../../test/support/raw-connection.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-gateway-entry-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const STORE = path.join(folder, 'gateway.sqlite');
const row = { name: 'open', token: 'none', idempotent: true, requestLength: 1024, responseLength: 2048 };
const ENV: Readonly<Record<string, string>> = {
  PORT: '0',
  OPERATOR_PORT: '0',
  STORE,
  ISSUER: 'http://127.0.0.1:1', // nothing listens there
  ISSUER_TOKEN: 'the-gateway-of-the-tests',
  SERVICES: JSON.stringify([{ ...row, target: { url: 'https://open.example' } }]),
  ROOT: base64url(rootPublicKey(ROOT_SECRET)),
  RELAY_TOKEN: 'a'.repeat(43),
  PROVIDER: 'hetzner',
  OPERATOR_TOKEN: 'b'.repeat(43),
  KEY_WRAPPING_KEY: base64url(Uint8Array.from({ length: 32 }, (_, i) => i)),
};

/** Starts the entry file; resolves when it is ready or has ended. */
async function start(more: Readonly<Record<string, string>> = {}) {
  const entry = path.join(import.meta.dirname, '../src/node.ts');
  const env = { PATH: process.env['PATH'] ?? '', ...COMPILE_CACHE, ...ENV, ...more };
  const child = spawn(process.execPath, [entry], { env });
  children.push(child);
  let said = '';
  const heard = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        said += data.toString();
        if (/^ready .*\n/m.test(said)) resolve();
      });
    }
    child.once('close', () => resolve());
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  await heard;
  return {
    child,
    ended,
    said: () => said,
    url: /^ready (\S+)/m.exec(said)?.[1] ?? '',
    operator: / operator (\S+)$/m.exec(said)?.[1] ?? '',
  };
}

test('N59 while the issuer is unreachable it has keys, the same after a SIGKILL, and stops on a signal', async () => {
  const keys = async (url: string): Promise<string> => {
    const answer = await fetch(`${url}/.well-known/ohttp-gateway`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    expect(decodeKeyConfigs(bytes)).toHaveLength(2);
    return base64url(bytes);
  };
  const first = await start();
  const before = await keys(first.url);
  expect((await fetch(`${first.url}/bundle`)).status).toBe(503);
  // N59: only the operator's listener, on loopback, has the operator's routes.
  const headers = { authorization: `Bearer ${ENV['OPERATOR_TOKEN']}` };
  expect(new URL(first.operator).hostname).toBe('127.0.0.1');
  const halfClosed = rawConnection(first.operator); // as `nc -N` does
  halfClosed.socket.end('GET /livez HTTP/1.0\r\n\r\n');
  expect(await halfClosed.until((text) => text.endsWith('}'))).toMatch(/^HTTP\/1\.1 200 OK/);
  for (const route of ['/operator/keys', '/metrics']) {
    expect((await fetch(first.url + route, { headers })).status).toBe(404);
    expect((await fetch(first.operator + route, { headers })).status).toBe(200);
    expect((await fetch(first.operator + route)).status).toBe(404);
  }
  expect((await fetch(`${first.operator}/bundle`, { headers })).status).toBe(404);
  first.child.kill('SIGKILL');
  await first.ended;

  const second = await start();
  second.child.stdout.destroy(); // nobody reads its output
  second.child.stderr.destroy();
  expect(await keys(second.url)).toBe(before);
  second.child.kill('SIGTERM');
  expect(await second.ended).toBe(0);
}, 60_000);

test('N52 after its wrapping key was lost, it reports that, starts once with KEYS_LOST=1, and then without', async () => {
  const changed = {
    STORE: path.join(folder, 'lost.sqlite'),
    KEY_WRAPPING_KEY: base64url(random(32)),
  };
  const stop = async ({ child, ended }: Awaited<ReturnType<typeof start>>): Promise<void> => {
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  };
  const first = await start({ STORE: changed.STORE });
  expect((await fetch(`${first.url}/.well-known/ohttp-gateway`)).status).toBe(200);
  await stop(first);
  const refused = await start(changed);
  expect(await refused.ended).toBe(1);
  expect(refused.said()).toContain('KEY_WRAPPING_KEY: unwraps no key in the store');
  for (const more of [{ KEYS_LOST: '1' }, {}]) {
    const running = await start({ ...changed, ...more });
    expect(running.said()).toMatch(/^ready /m);
    const headers = { authorization: `Bearer ${ENV['OPERATOR_TOKEN']}` };
    const rewrap = await fetch(`${running.operator}/operator/keys/rewrap`, { method: 'POST', headers });
    const { unreadable } = (await rewrap.json()) as { unreadable: readonly number[] };
    expect(unreadable).toHaveLength(1); // the current epoch, whose bundle clients have
    await stop(running);
  }
}, 60_000);

test('K01 a wrong configuration ends the start with one line that prints no value', async () => {
  const canary = 'canary-5f1d';
  const cut = path.join(folder, 'cut.sqlite');
  (await start({ STORE: cut })).child.kill('SIGKILL');
  truncateSync(cut, 4096);
  const wrong = [
    { KEY_WRAPPING_KEY: canary },
    { STORE: path.join(folder, canary, 'x.sqlite') },
    { STORE: cut },
  ];
  const ends = wrong.map(async (more) => {
    const { ended, said } = await start(more);
    expect(await ended).toBe(1);
    expect(said()).toMatch(/^sotto gateway: [^\n]+\n$/);
    expect(said()).not.toContain(canary);
  });
  await Promise.all(ends);
}, 60_000);
