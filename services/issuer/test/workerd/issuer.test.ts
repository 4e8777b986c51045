import { createExecutionContext, runInDurableObject } from 'cloudflare:test';
import { AMORTIZED_REQUEST } from '@sotto/privacypass';
import { hex } from '@sotto/wire';
import { expect, test, vi } from 'vitest';
import { durableSpentTokens } from '../../src/durable/ports.ts';
import type { IssuerEnv } from '../../src/durable/worker.ts';
import entry, { GatewayEntrypoint } from '../../src/index.ts';
import type { Spend } from '../../src/ports.ts';
import { accountToken } from '../support/account.ts';
import { random } from '../support/wallet.ts';
import {
  bindings,
  blind,
  directory,
  oneToken,
  operator,
  post,
  redeem,
  redemption,
  ORIGIN,
  worker,
} from './objects.ts';

const call = async (env: IssuerEnv, path: string, init?: RequestInit): Promise<Response> =>
  entry.fetch(
    new Request(`${ORIGIN}${path}`, init) as Parameters<typeof entry.fetch>[0],
    env,
    createExecutionContext(),
  );

test('issuer on Workers: issues and redeems both types, each for its own service', async () => {
  for (const [service, type] of [
    ['stickers', 5],
    ['weather', 5],
    ['weather', 1],
  ] as const) {
    const token = await oneToken(service, type);
    expect(await redeem(token, { service: service === 'stickers' ? 'weather' : 'stickers' })).toBe('invalid');
    expect(await redeem(token, { service })).toBe('first');
  }
});

test('I10 issuer on Workers: signs a repeated batch again and charges it once', async () => {
  const pending = await blind(30);
  const first = await post(pending.contentType, pending.request, 'lost');
  const second = await post(pending.contentType, pending.request, 'lost');
  const [a, b] = [new Uint8Array(await first.arrayBuffer()), new Uint8Array(await second.arrayBuffer())];
  expect(hex(a.subarray(0, 962))).toBe(hex(b.subarray(0, 962)));
  expect(hex(a.subarray(962))).not.toBe(hex(b.subarray(962)));
  expect(await pending.finish(b)).toHaveLength(30);
  const other = await blind(1);
  const refused = await post(other.contentType, other.request, 'lost');
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toMatch(/GMT$/);
});

const cron = async (): Promise<void> => entry.scheduled({} as never, bindings);

test('I15 issuer on Workers: concurrent cold callers, doubled crons and rotations make each key once', async () => {
  const before = hex(await directory());
  await Promise.all([
    ...Array.from({ length: 10 }, cron),
    ...Array.from({ length: 10 }, () => operator('/operator/keys/rotate', 'POST')),
    ...Array.from({ length: 10 }, () => worker.GatewayEntrypoint.schedule(0)),
  ]);
  expect(hex(await directory())).toBe(before);
  const { keys } = (await (await operator('/operator/keys')).json()) as {
    keys: { service: string; epoch: number; type: number; keyId: string }[];
  };
  expect(keys).toHaveLength(3 * 8);
  expect(new Set(keys.map(({ service, epoch, type }) => `${service} ${epoch} ${type}`)).size).toBe(24);
  expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(24);
});

test('issuer on Workers: publishes seven epochs, the first as in the directory', async () => {
  const { epochs } = await worker.GatewayEntrypoint.schedule(0);
  expect(epochs).toHaveLength(7);
  expect(hex(epochs[0]?.directory ?? random(1))).toBe(hex(await directory()));
});

test('K01 K08 issuer on Workers: with a wrong configuration, responds a constant 503, redeems nothing, and fails its cron with the reason', async () => {
  const token = await oneToken();
  for (const wrong of [
    { ACCOUNT_KEY: '' },
    { KEY_WRAPPING_KEY: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
    { ATTESTERS: '[]' },
    { SERVICES: '[{"name":"stickers"}]' },
    { ISSUER_URL: 'http://127.0.0.1:8803' },
  ]) {
    const env = { ...bindings, ...wrong };
    for (const path of [
      '/health',
      '/.well-known/private-token-issuer-directory',
      '/metrics',
      '/token-request',
      '/x',
    ]) {
      const response = await call(env, path);
      expect(response.status).toBe(503);
      expect(await response.text()).toBe(
        '{"type":"about:blank","title":"Service Unavailable","status":503,"code":"unavailable"}',
      );
    }
    const entrypoint = new GatewayEntrypoint(createExecutionContext(), env);
    expect((await entrypoint.redeem(redemption(token))).outcome).toBe('unavailable');
    expect(await entrypoint.schedule(0)).toEqual({ revision: 0, epochs: [] });
    const variable = Object.keys(wrong)[0] ?? '';
    await expect(entry.scheduled({} as ScheduledController, env)).rejects.toThrow(variable);
  }
  expect((await call(bindings, '/health')).status).toBe(200);
  expect(await redeem(token)).toBe('first');
});

test('N32 issuer on Workers: the cron makes keys, then fails with the reason when a jwksUrl cannot work', async () => {
  const [known] = JSON.parse(String(bindings['ATTESTERS'])) as object[];
  const unreachable = { ...known, jwks: undefined, jwksUrl: 'https://accounts.invalid/jwks/' };
  const env = { ...bindings, ATTESTERS: JSON.stringify([unreachable]) };
  await expect(entry.scheduled({} as ScheduledController, env)).rejects.toThrow(
    'ATTESTERS[0].jwksUrl: the address cannot be fetched. Check its name and the network',
  );
});

test('issuer on Workers: reads its configuration once per isolate', async () => {
  const read: string[] = [];
  const get = (target: IssuerEnv, name: string, receiver: unknown): unknown => {
    read.push(name);
    return Reflect.get(target, name, receiver);
  };
  const env = new Proxy({ ...bindings }, { get });
  expect((await call(env, '/health')).status).toBe(200);
  expect(read.length).toBeGreaterThan(0);
  read.length = 0;
  for (let i = 0; i < 3; i++) expect((await call(env, '/health')).status).toBe(200);
  expect(read).toEqual([]);
});

test('K03 X05 issuer on Workers: while a store fails, issues and spends nothing, and makes no other key', async () => {
  const token = await oneToken();
  const pending = await blind(5);
  const broken = {
    getByName: () =>
      new Proxy({}, { get: () => async () => Promise.reject(new Error('Durable Object storage: canary')) }),
  } as never;
  for (const name of ['KEYS', 'QUOTA', 'SPENT'] as const) {
    // Another environment, so that the isolate starts cold.
    const env = { ...bindings, [name]: broken, ISSUER_URL: `https://${name.toLowerCase()}.example` };
    const authorization = `Bearer ${await accountToken('x')}`;
    const headers = { 'content-type': AMORTIZED_REQUEST, authorization };
    const response = await call(env, '/token-request', { method: 'POST', headers, body: pending.request });
    expect(response.status).toBe(name === 'SPENT' ? 200 : 503);
    expect(await response.text()).not.toContain('canary');
    const entrypoint = new GatewayEntrypoint(createExecutionContext(), env);
    expect((await entrypoint.redeem(redemption(token))).outcome).toBe(
      name === 'QUOTA' ? 'first' : 'unavailable',
    );
    expect((await call(env, '/health')).status).toBe(200);
  }
});

test('K05 issuer on Workers: uses no exportable private key', async () => {
  const used = new Set<CryptoKey>();
  const { subtle } = crypto;
  const original = subtle.deriveBits.bind(subtle);
  Object.defineProperty(subtle, 'deriveBits', {
    configurable: true,
    value: async (...args: Parameters<SubtleCrypto['deriveBits']>) => {
      used.add(args[1]);
      return original(...args);
    },
  });
  try {
    // Another environment, so that the isolate is cold and loads its keys anew.
    const env = { ...bindings, ISSUER_URL: 'https://cold.example' };
    const entrypoint = new GatewayEntrypoint(createExecutionContext(), env);
    const token = await oneToken('weather', 1);
    expect((await entrypoint.redeem(redemption(token, { service: 'weather' }))).outcome).toBe('first');
  } finally {
    Reflect.deleteProperty(subtle, 'deriveBits');
  }
  expect(used.size).toBeGreaterThan(0);
  for (const key of used) {
    for (const format of ['jwk', 'pkcs8']) {
      await expect(subtle.exportKey(format, key)).rejects.toThrow('non-extractable');
    }
  }
});

test('issuer on Workers: stores no secret scalar in the clear', async () => {
  await directory();
  const rows = await runInDurableObject(bindings.KEYS.getByName('keys'), (_object, state) =>
    state.storage.sql.exec('select type, length(wrapped) as n from issuer_keys').toArray(),
  );
  for (const { type, n } of rows) expect(n).toBe((type === 1 ? 48 : 32) + 28);
});

const spend = (): Spend => ({
  id: random(32),
  tag: random(32),
  envelope: random(32),
  call: random(8),
  idempotent: true,
});

test('IssuerKeys: confirming a key writes no row, and a reservation writes one', async () => {
  const stub = bindings.KEYS.getByName('keys');
  const [key] = (await stub.snapshot()).keys;
  const rowsOf = (count: number) =>
    runInDurableObject(stub, async (object, { storage: { sql } }) => {
      const exec = vi.spyOn(Object.getPrototypeOf(sql) as SqlStorage, 'exec');
      try {
        expect(await object.reserve(key?.keyId ?? random(32), count)).toBe(true);
        const cursors = exec.mock.results.map(({ value }) => value as { readonly rowsWritten: number });
        expect(cursors).not.toEqual([]);
        return cursors.reduce((rows, { rowsWritten }) => rows + rowsWritten, 0);
      } finally {
        exec.mockRestore();
      }
    });
  expect(await rowsOf(0)).toBe(0);
  expect(await rowsOf(1)).toBe(1);
});

test('K07 S16 retire-all on Workers: closes the ledgers for isolates that still hold the keys', async () => {
  const token = await oneToken();
  const epoch = Math.floor(Date.now() / 86_400_000) * 86_400;
  const { keys } = await bindings.KEYS.getByName('keys').snapshot();
  const held = keys.find((key) => key.service === 'stickers' && key.epoch === epoch);
  const ledger = { keyId: held?.keyId ?? random(32), shards: held?.shards ?? 0, end: epoch + 2 * 86_400 };
  const store = durableSpentTokens(bindings.SPENT);
  expect(await store.spend(ledger, spend())).toBe('first');

  const response = await operator('/operator/keys/retire-all', 'POST');
  expect(await response.json()).toEqual({ retired: 3 });
  expect(await redeem(token)).toBe('invalid');
  // What an isolate would be told that was warm before, and still has the key.
  for (let i = 0; i < 20; i++) expect(await store.spend(ledger, spend())).toBe('ended');
  const refused = await post(AMORTIZED_REQUEST, new Uint8Array([0, 5, 1, 32, ...new Uint8Array(32)]), 'ada');
  expect(refused.status).toBe(503);
  await entry.scheduled({} as never, bindings);
  const after = await bindings.KEYS.getByName('keys').snapshot();
  expect(after.keys.every((key) => key.epoch > epoch)).toBe(true);
});
