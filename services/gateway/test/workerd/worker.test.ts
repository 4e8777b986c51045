import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { fromUtf8 } from '@sotto/wire';
import type { GatewayKeys } from '../../src/durable/gateway-keys.ts';
import { currentBundle, OPERATOR_TOKEN, post, search, signEpochs, startWorker } from './worker.ts';

const { KEYS } = env as unknown as { KEYS: DurableObjectNamespace<GatewayKeys> };
const OPERATOR = { authorization: `Bearer ${OPERATOR_TOKEN}` };

describe('the Worker', () => {
  test('serves a search of a client with the bundle, with one length', async () => {
    const running = startWorker();
    await signEpochs(running);
    const found = await search(running);
    expect([found.inner.status, fromUtf8(found.inner.content)]).toEqual([200, '{"results":[],"next":null}']);
    const refused = await search(running, { authority: 'elsewhere' });
    expect(refused.inner.status).toBe(403);
    expect(refused.length).toBe(found.length);
    expect(running.issuer.calls).toHaveLength(1);
  });

  test('G10 accepts one of fifty concurrent copies of an envelope', async () => {
    const running = startWorker();
    await signEpochs(running);
    const { body, open } = await search(running);
    const all = await Promise.all(
      Array.from({ length: 50 }, async () => (await open(await post(running, body))).status),
    );
    expect(new Set(all)).toEqual(new Set([409]));
    expect(running.issuer.calls).toHaveLength(51);
  });

  test('G12 an unreachable issuer is 503, inside', async () => {
    const running = startWorker();
    await signEpochs(running);
    running.issuer.fail = 'throw';
    expect((await search(running)).inner.status).toBe(503);
  });

  test('N51 gateway on Workers: the cron fails with the reason when signed bundles name keys that the issuer lost', async () => {
    const running = startWorker();
    await running.scheduled();
    await signEpochs(running);
    const published = await running.bound['ISSUER'].schedule(0);
    const [current, next, ...later] = published.epochs;
    if (current === undefined || next === undefined) throw new Error('the issuer has fewer than two epochs');
    const restored = { ...current, directory: next.directory }; // without the key that the bundle names
    const epochs = [restored, next, ...later];
    const ISSUER = { redeem: () => {}, schedule: async () => ({ ...published, epochs }) };
    await expect(startWorker({ ISSUER }).scheduled()).rejects.toThrow(
      /^bundle \d+: names issuer keys that are lost/,
    );
  });

  test('cron makes the epochs; two isolates show the same keys', async () => {
    const [one, two] = [startWorker(), startWorker()];
    await one.scheduled();
    await two.scheduled();
    const bodies = await Promise.all(
      [one, two].map(async ({ fetch }) => (await fetch('/.well-known/ohttp-gateway')).arrayBuffer()),
    );
    expect(bodies[0]).toEqual(bodies[1]);
    const listed = await one.fetch('/operator/keys', { headers: OPERATOR });
    const epochs: unknown[] = await listed.json();
    expect(epochs).toHaveLength(8);
  });

  test('K01 N48 without a secret every route responds with one constant, and the cron fails with the reason', async () => {
    for (const name of ['ROOT', 'RELAY_TOKEN', 'OPERATOR_TOKEN', 'KEY_WRAPPING_KEY', 'SERVICES']) {
      const { fetch, scheduled } = startWorker({ [name]: '' });
      await expect(scheduled()).rejects.toThrow(`${name}: is missing. Set ${name}`);
      const answers = new Set<string>();
      for (const path of ['/', '/health', '/bundle', '/.well-known/ohttp-gateway', '/operator/keys']) {
        const response = await fetch(path, { headers: OPERATOR });
        answers.add(`${response.status} ${await response.text()}`);
      }
      expect(answers.size).toBe(1);
      expect([...answers][0]).toMatch(/^503 /);
    }
  });

  test('N49 the counts of two isolates add up, in a scrape of either', async () => {
    const isolates = [startWorker(), startWorker()]; // each environment object has an instance and a memory of its own
    for (const { fetch } of isolates) {
      for (let i = 0; i < 30; i++) await fetch('/.well-known/ohttp-gateway', { method: 'POST' });
    }
    const line = /^sotto_gateway_outcomes_total\{code="outer-unsupported-media-type"\} (\d+)$/m;
    const shown: (string | undefined)[] = [];
    for (const { fetch } of [...isolates, ...isolates]) {
      shown.push(line.exec(await (await fetch('/metrics', { headers: OPERATOR })).text())?.[1]);
    }
    expect(shown).toEqual([undefined, '50', '50', '50']); // a scrape first stores the counts of its own isolate
    expect(await KEYS.getByName('keys').counts()).toEqual({}); // the object that holds keys is not the one that counts
  });

  test('counts from before they had objects of their own are added to the current ones', async () => {
    const { fetch } = startWorker();
    const scrape = async () => (await fetch('/metrics', { headers: OPERATOR })).text();
    await scrape();
    await runInDurableObject(KEYS.getByName('keys'), (_, { storage }) => {
      storage.sql.exec("INSERT INTO counters VALUES ('unreadable_epochs keys', 100)");
    });
    expect(await scrape()).toContain('sotto_gateway_unreadable_epochs_total{what="keys"} 100');
  });

  test('N63 the operators’ log is the same for all isolates', async () => {
    const [first, second] = [startWorker(), startWorker()];
    await first.fetch('/operator/keys/rotate', { method: 'POST', headers: OPERATOR });
    const acts: { action: string }[] = await (
      await second.fetch('/operator/audit', { headers: OPERATOR })
    ).json();
    expect(acts.map(({ action }) => action).slice(0, 2)).toEqual([
      'GET /operator/audit',
      'POST /operator/keys/rotate',
    ]);
  });

  test('K03 with another wrapping key nothing opens, and no keys are made', async () => {
    const running = startWorker();
    await signEpochs(running);
    const before = (await currentBundle(running)).keyConfigs;
    const other = startWorker({ KEY_WRAPPING_KEY: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8x' });
    expect((await other.fetch('/.well-known/ohttp-gateway')).status).toBe(503);
    expect((await currentBundle(startWorker())).keyConfigs).toEqual(before);
  });
});
