import { env, exports } from 'cloudflare:workers';
import type { IssuerApi, RedemptionCall, RedemptionOutcome } from '@sotto/redemption';
import { DAY, type Bytes } from '@sotto/wire';
import { vi } from 'vitest';
import type { IssuerEnv } from '../../src/durable/worker.ts';
import { accountToken } from '../support/account.ts';
import { blindBatch, currentKey, random } from '../support/wallet.ts';

// Noon of the next day, for tests and objects alike: no epoch ends while they run, and no alarm of theirs is due.
vi.setSystemTime((Math.floor(Date.now() / 1000 / DAY) + 1.5) * DAY * 1000);

/** The bindings of the issuer's block in wrangler.toml. */
export const bindings = env as unknown as IssuerEnv;

interface Exports {
  readonly default: { fetch(url: string, init?: RequestInit): Promise<Response> };
  readonly GatewayEntrypoint: IssuerApi;
}

/** The Worker from outside: over HTTP, and over the gateway's binding. */
export const worker = exports as unknown as Exports;

export const ORIGIN = 'https://issuer.example';

export async function directory(): Promise<Bytes> {
  const response = await worker.default.fetch(`${ORIGIN}/.well-known/private-token-issuer-directory`);
  return new Uint8Array(await response.arrayBuffer());
}

export async function post(contentType: string, body: Bytes, account: string): Promise<Response> {
  const headers = { 'content-type': contentType, authorization: `Bearer ${await accountToken(account)}` };
  return worker.default.fetch(`${ORIGIN}/token-request`, { method: 'POST', headers, body });
}

export async function blind(count: number, service = 'stickers', type: 1 | 5 = 5) {
  const now = Math.floor(Date.now() / 1000);
  return blindBatch(currentKey(await directory(), service, type, now), count);
}

let accounts = 0;

/** Requests one token, for an account of its own. */
export async function oneToken(service = 'stickers', type: 1 | 5 = 5): Promise<Bytes> {
  const pending = await blind(1, service, type);
  const response = await post(pending.contentType, pending.request, `account ${accounts++}`);
  if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
  const [token] = await pending.finish(new Uint8Array(await response.arrayBuffer()));
  if (token === undefined) throw new Error('no token');
  return token;
}

export function redemption(token: Bytes, more: Partial<RedemptionCall> = {}): RedemptionCall {
  return {
    service: 'stickers',
    token,
    tag: random(32),
    envelope: random(32),
    idempotent: true,
    knownRevision: 0,
    ...more,
  };
}

export async function redeem(token: Bytes, more: Partial<RedemptionCall> = {}): Promise<RedemptionOutcome> {
  return (await worker.GatewayEntrypoint.redeem(redemption(token, more))).outcome;
}

export function operator(path: string, method = 'GET'): Promise<Response> {
  const headers = { authorization: 'Bearer operator-of-the-tests' };
  return worker.default.fetch(`${ORIGIN}${path}`, { method, headers });
}
