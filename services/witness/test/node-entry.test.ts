import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ED25519 } from '@sotto/tlog';
import { base64url } from '@sotto/wire';
import { afterAll, expect, test } from 'vitest';
import { LOG, ORIGIN, vkey } from '../../../test/support/bundle-log.ts';
import { COMPILE_CACHE } from '../../../test/support/compile-cache.ts';
import { BASE, bundleEntry, checkpointRequest, entriesOf, ROOT, uploadBody } from './support/running.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-witness-entry-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const ENV: Readonly<Record<string, string>> = {
  PORT: '0',
  OPERATOR_PORT: '0',
  STORE: path.join(folder, 'witness.sqlite'),
  WITNESS_NAME: 'mirror.example',
  WITNESS_KEY: base64url(Uint8Array.from({ length: 32 }, (_, i) => i)),
  OPERATOR_TOKEN: 'b'.repeat(43),
  LOGS: JSON.stringify([{ key: vkey(ORIGIN, ED25519, LOG), base: BASE, roots: [base64url(ROOT)] }]),
};

/** Starts the entry file; resolves when it is ready or has ended. */
async function start(more: Readonly<Record<string, string>> = {}) {
  const entry = path.join(import.meta.dirname, '../src/node.ts');
  const env = { PATH: process.env['PATH'] ?? '', ...COMPILE_CACHE, ...ENV, ...more };
  const child = spawn(process.execPath, [entry], { env });
  children.push(child);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  let printed = '';
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        printed += data.toString();
        if (/^ready .*\n/m.test(printed)) resolve();
      });
    }
  });
  await Promise.race([ready, ended]);
  const [, url = '', operator = ''] = /^ready (\S+) operator (\S+)$/m.exec(printed) ?? [];
  return { child, ended, url, operator, printed: () => printed };
}

test('a process: after a SIGKILL it still refuses another history, and SIGTERM ends it with 0', async () => {
  const seven = entriesOf(7);
  const forged = seven.with(3, bundleEntry(BASE + 3, 9));
  const add = (url: string, body: string) => fetch(`${url}/add-checkpoint`, { method: 'POST', body });
  const first = await start();
  expect((await add(first.url, checkpointRequest(seven, 0))).status).toBe(200);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = await start();
  expect((await add(second.url, checkpointRequest(forged, 0))).status).toBe(409);
  expect((await add(second.url, checkpointRequest(forged, 7))).status).toBe(409);
  const headers = { 'content-type': 'application/octet-stream' };
  const stored = await fetch(`${second.url}/add-entries`, {
    method: 'POST',
    headers,
    body: uploadBody(seven),
  });
  expect(stored.status).toBe(200);
  const ready = await fetch(`${second.operator}/readyz`);
  expect(await ready.json()).toEqual({ ready: true, problems: [] });
  const authorization = `Bearer ${ENV['OPERATOR_TOKEN']}`;
  const metrics = await (await fetch(`${second.operator}/metrics`, { headers: { authorization } })).text();
  expect(metrics).toContain('sotto_witness_entries_missing 0');
  expect((await fetch(`${second.url}/metrics`, { headers: { authorization } })).status).toBe(404);
  second.child.kill('SIGTERM');
  expect(await second.ended).toBe(0);
});

test('a configuration that is wrong ends the process with one line that names the variable', async () => {
  const wrong = await start({ LOGS: '[{"key": "x"}]' });
  expect(await wrong.ended).toBe(1);
  expect(wrong.printed()).toMatch(/^sotto witness: LOGS\[0\]\.key: .*\n$/);
});
