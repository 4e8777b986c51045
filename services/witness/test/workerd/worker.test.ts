import { env } from 'cloudflare:workers';
import { createExecutionContext, evictDurableObject } from 'cloudflare:test';
import { ED25519, logFolder } from '@sotto/tlog';
import { base64url } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { LOG, ORIGIN, vkey } from '../../../../test/support/bundle-log.ts';
import type { LogState } from '../../src/durable/log-state.ts';
import { durableWitnessStore } from '../../src/durable/ports.ts';
import worker from '../../src/index.ts';
import { witnessStoreContract } from '../support/store-contract.ts';
import { BASE, bundleEntry, checkpointRequest, entriesOf, ROOT, uploadBody } from '../support/running.ts';

const { STATE } = env as unknown as { STATE: DurableObjectNamespace<LogState> };
const TOKEN = 'the-credential-of-the-operator';
const VARIABLES = {
  WITNESS_NAME: 'mirror.example',
  WITNESS_KEY: base64url(Uint8Array.from({ length: 32 }, (_, i) => i)),
  OPERATOR_TOKEN: TOKEN,
  LOGS: JSON.stringify([{ key: vkey(ORIGIN, ED25519, LOG), base: BASE, roots: [base64url(ROOT)] }]),
};

let made = 0;
witnessStoreContract('a Durable Object', () => {
  const name = made++;
  return durableWitnessStore({
    getByName: (log: string) => STATE.getByName(`contract ${name} ${log}`),
  } as typeof STATE);
});

describe('the Worker', () => {
  const fetch = (path: string, init?: RequestInit, more: Readonly<Record<string, unknown>> = {}) =>
    worker.fetch(
      new Request(`https://mirror.example${path}`, init) as never,
      { ...env, ...VARIABLES, ...more } as never,
      createExecutionContext(),
    );
  const seven = entriesOf(7);
  const add = (body: string) => fetch('/add-checkpoint', { method: 'POST', body });
  const headers = { 'content-type': 'application/octet-stream' };

  test('mirrors a log, remembers it when its object is evicted, and cosigns no other history', async () => {
    expect((await add(checkpointRequest(seven, 0))).status).toBe(200);
    const stored = await fetch('/add-entries', { method: 'POST', headers, body: uploadBody(seven) });
    expect([stored.status, await stored.text()]).toEqual([200, expect.stringMatching(/^— mirror\.example /)]);
    await evictDurableObject(STATE.getByName(`log ${ORIGIN}`));
    const forged = seven.with(3, bundleEntry(BASE + 3, 9));
    expect((await add(checkpointRequest(forged, 7))).status).toBe(409);
    expect((await add(checkpointRequest([...forged, ...entriesOf(9).slice(7)], 7))).status).toBe(422);
    const served = await fetch(`/${logFolder(ORIGIN)}/checkpoint`);
    expect(await served.text()).toMatch(/^bundles\.sotto\.example\n7\n/);
  });

  test('only the operator sees metrics and readiness', async () => {
    const authorization = `Bearer ${TOKEN}`;
    for (const path of ['/metrics', '/readyz', '/livez']) {
      expect((await fetch(path)).status).toBe(404);
      expect((await fetch(path, { headers: { authorization } })).status).toBe(200);
    }
  });

  test('refuses every request while its configuration is wrong, and its cron gives the reason', async () => {
    expect((await fetch('/health', {}, { LOGS: '[]' })).status).toBe(503);
    const broken = { ...env, ...VARIABLES, LOGS: '[]' } as never;
    await expect(worker.scheduled({} as never, broken)).rejects.toThrow('LOGS');
    await expect(worker.scheduled({} as never, { ...env, ...VARIABLES } as never)).resolves.toBeUndefined();
  });
});
