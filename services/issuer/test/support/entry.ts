import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PendingTokens } from '@sotto/privacypass';
import { base64url } from '@sotto/wire';
import { afterAll, expect } from 'vitest';
import { COMPILE_CACHE } from '../../../../test/support/compile-cache.ts';
import { freePorts } from '../../../local/src/ports.ts';
import { accountToken } from './account.ts';
import { ISSUER_VARIABLES } from './variables.ts';
import { blindBatch, currentKey, random } from './wallet.ts';

export const folder = mkdtempSync(path.join(tmpdir(), 'sotto-entry-'));
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

export const INTERNAL_TOKEN = 'gateway-of-the-tests';

/** A running issuer. */
export interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly internal: string;
  readonly operator: string;
  readonly ended: Promise<number | null>;
  readonly said: () => string;
}

/** Starts the entry file; resolves when it is ready or has ended. */
export async function start(more: Readonly<Record<string, string>> = {}): Promise<Running> {
  const PORT = await freePorts(3);
  const [INTERNAL_PORT, OPERATOR_PORT] = [PORT + 1, PORT + 2];
  const env = {
    PATH: process.env['PATH'] ?? '',
    ...COMPILE_CACHE,
    ...ISSUER_VARIABLES,
    INTERNAL_TOKEN,
    STORE: path.join(folder, 'issuer.sqlite'),
    PORT: String(PORT),
    INTERNAL_PORT: String(INTERNAL_PORT),
    OPERATOR_PORT: String(OPERATOR_PORT),
    ...more,
  };
  const entry = path.join(import.meta.dirname, '../../src/node.ts');
  const child = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  while (!said.includes('ready') && child.exitCode === null) await sleep(10);
  return {
    child,
    url: `http://127.0.0.1:${PORT}`,
    internal: `http://127.0.0.1:${INTERNAL_PORT}`,
    operator: `http://127.0.0.1:${OPERATOR_PORT}`,
    ended,
    said: () => said,
  };
}

/** Starts it as a supervisor does: again, when a database on a busy machine did not respond in time. */
export async function startSupervised(more: Readonly<Record<string, string>>): Promise<Running> {
  let running = await start(more);
  for (let attempt = 1; attempt < 5 && running.child.exitCode !== null; attempt++)
    running = await start(more);
  if (running.child.exitCode !== null) throw new Error(`the issuer does not start: ${running.said()}`);
  return running;
}

/** A blinded batch for the issuer's current key. */
export async function blinded({ url }: Running, count = 5): Promise<PendingTokens> {
  const directory = await fetch(`${url}/.well-known/private-token-issuer-directory`);
  const now = Math.floor(Date.now() / 1000);
  const key = currentKey(new Uint8Array(await directory.arrayBuffer()), 'stickers', 5, now);
  return blindBatch(key, count);
}

/** Tokens of an account. */
export async function draw(running: Running, account: string, count = 5): Promise<Uint8Array<ArrayBuffer>[]> {
  const pending = await blinded(running, count);
  const headers = {
    'content-type': pending.contentType,
    authorization: `Bearer ${await accountToken(account)}`,
  };
  const response = await fetch(`${running.url}/token-request`, {
    method: 'POST',
    headers,
    body: pending.request,
  });
  expect(response.status).toBe(200);
  return pending.finish(new Uint8Array(await response.arrayBuffer()));
}

/** The outcome of one redemption, or the status of a failure. */
export async function redeem({ internal }: Running, token: Uint8Array, more: object = {}): Promise<string> {
  const bytes = base64url(random(32));
  const call = {
    service: 'stickers',
    token: base64url(token),
    tag: bytes,
    envelope: bytes,
    idempotent: true,
    ...more,
  };
  const headers = { authorization: `Bearer ${INTERNAL_TOKEN}` };
  const response = await fetch(`${internal}/redeem`, { method: 'POST', headers, body: JSON.stringify(call) });
  return ((await response.json()) as { outcome?: string }).outcome ?? String(response.status);
}
