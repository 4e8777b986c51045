import { describe, expect, test } from 'vitest';
import {
  bundleDigest,
  bundleSigningInput,
  decodeSignedBundle,
  signBundle,
  verifySignedBundle,
} from '@sotto/bundle';
import { base64url, fromBase64url, HORIZON } from '@sotto/wire';
import { gateway, operatorApp } from '../src/app.ts';
import { operator } from '../src/operator.ts';
import {
  DAY,
  testGateway,
  NOW,
  OPERATOR_TOKEN,
  outerCode,
  ROOT_SECRET,
  uploadedSignatures,
  type TestGateway,
} from './support/gateway.ts';

const HEADERS = { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'application/json' };
const TODAY = Math.floor(NOW / DAY);
const away = () => Promise.reject(new Error('away'));

const MIDNIGHT = TODAY * DAY;

type Listed = { sequence: number; bundle: string; signed: boolean }[];
const listed = async ({ app }: TestGateway): Promise<Listed> =>
  (await app.request('/operator/bundles', { headers: HEADERS })).json() as Promise<Listed>;
const sign = ({ app }: TestGateway, body: unknown): Response | Promise<Response> =>
  app.request('/operator/bundles', { method: 'POST', headers: HEADERS, body: JSON.stringify(body) });

describe('bundles', () => {
  test('N12 N51 bundles: those ahead are listed and signed, and served from grace before their epoch on', async () => {
    const h = await testGateway();
    expect((await listed(h)).map(({ sequence, signed }) => [sequence, signed])).toEqual(
      Array.from({ length: HORIZON + 1 }, (_, i) => [TODAY + i, true]),
    );
    for (const ahead of [1, 2, HORIZON]) {
      h.now = MIDNIGHT + ahead * DAY - 301;
      expect((await h.app.request(`/bundle?slot=${TODAY + ahead}`)).status).toBe(404);
    }
    for (const ahead of [0, 1, HORIZON]) {
      h.now = MIDNIGHT + ahead * DAY - 300;
      const response = await h.app.request(`/bundle?slot=${TODAY + ahead}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      const now = MIDNIGHT + ahead * DAY;
      const bundle = verifySignedBundle(bytes, { roots: [h.deps.config.root], now });
      expect(bundle.sequence).toBe(TODAY + ahead);
      expect(bundle.services.map(({ name, tokenType }) => [name, tokenType])).toEqual([
        ['stickers', 5],
        ['ledger', 5],
        ['open', 0],
      ]);
    }
  });

  test('an unknown epoch, and text that is not an epoch, are refused', async () => {
    const { app } = await testGateway();
    for (const epoch of [TODAY - 1, TODAY + HORIZON + 1, 0]) {
      expect((await app.request(`/bundle?slot=${epoch}`)).status).toBe(404);
    }
    for (const epoch of ['', '-1', 'x', '1e9', '9'.repeat(30)]) {
      expect((await app.request(`/bundle?slot=${epoch}`)).status).toBe(400);
    }
  });

  test('an unsigned epoch is not served', async () => {
    const h = await testGateway();
    h.now = NOW + (HORIZON + 1) * DAY;
    const response = await h.app.request('/bundle');
    expect([response.status, await outerCode(response), response.headers.get('retry-after')]).toEqual([
      503,
      'unavailable',
      '5',
    ]);
    await h.signEpochs();
    expect((await h.app.request('/bundle')).status).toBe(200);
  });

  test('a signature by another key, of another bundle, or without its context is refused', async () => {
    const h = await testGateway();
    h.now = NOW + DAY;
    const [first, last] = [(await listed(h))[0], (await listed(h)).at(-1)];
    if (first === undefined || last === undefined) throw new Error('no bundles');
    expect(last.signed).toBe(false);
    const encoded = fromBase64url(last.bundle);
    const stranger = signBundle(encoded, new Uint8Array(32).fill(1));
    const other = signBundle(fromBase64url(first.bundle), ROOT_SECRET);
    const bare = signBundle(encoded.subarray(20), ROOT_SECRET);
    for (const signature of [stranger, other, bare, new Uint8Array(64), new Uint8Array(10)]) {
      const { sequence } = last;
      const { signature1 } = uploadedSignatures(encoded);
      expect((await sign(h, [{ sequence, signature: base64url(signature), signature1 }])).status).toBe(422);
    }
    const { signature } = uploadedSignatures(encoded);
    for (const signature1 of [undefined, signature, base64url(other)]) {
      expect((await sign(h, [{ sequence: last.sequence, signature, signature1 }])).status).toBe(422);
    }
    expect((await sign(h, [{ sequence: 5, signature: base64url(stranger) }])).status).toBe(422);
    for (const body of [
      {},
      [null],
      [{}],
      [{ sequence: 'x', signature: '' }],
      [{ sequence: 1, signature: '!' }],
      [{ sequence: 1, signature: '', signature1: 7 }],
      [{ sequence: 1, signature: '', signature1: '!' }],
    ]) {
      expect((await sign(h, body)).status).toBe(400);
    }
    expect((await listed(h)).at(-1)?.signed).toBe(false);
  });

  test('a signed bundle does not change, whatever the schedule does afterwards', async () => {
    const h = await testGateway();
    const digest = async () => {
      const response = await h.app.request('/bundle');
      return base64url(bundleDigest(decodeSignedBundle(new Uint8Array(await response.arrayBuffer())).bundle));
    };
    const before = await digest();
    const rotate = () => h.app.request('/operator/keys/rotate', { method: 'POST', headers: HEADERS });
    for (let i = 0; i < 5; i++) expect((await rotate()).status).toBe(204);
    await h.deps.authority.store.offer([{ epochIndex: TODAY, bundle: new Uint8Array(3) }]);
    expect(await digest()).toBe(before);
    expect(bundleSigningInput(new Uint8Array(0))).toHaveLength(20);
  });
});

describe('other routes', () => {
  test('without the issuer or the store, they report that and use what they have', async () => {
    const h = await testGateway();
    h.now = NOW + DAY;
    const rotate = { method: 'POST', headers: HEADERS };
    const mute = await testGateway({ store: h.deps.authority.store, now: h.now, schedule: away });
    expect((await listed(mute)).map(({ signed }) => signed)).toEqual(
      Array.from({ length: HORIZON }, () => true),
    );
    expect((await mute.app.request('/operator/keys/rotate', rotate)).status).toBe(503);
    const broken = { ...h.deps.authority.store, destroy: away };
    const stuck = await testGateway({ store: broken, now: h.now });
    expect((await stuck.app.request('/operator/keys/rotate', rotate)).status).toBe(503);
  });

  test('X05 a failing store is 503 with Retry-After on every route that needs it', async () => {
    const h = await testGateway();
    const [epoch] = await listed(h);
    const { store } = h.deps.authority;
    const broken = { epochs: away, add: away, destroy: away, bundles: away, offer: away, sign: away };
    Object.assign(h.deps.authority, { store: { ...store, ...broken } });
    const signature = base64url(signBundle(fromBase64url(epoch?.bundle ?? ''), ROOT_SECRET));
    const answers = [
      await h.app.request('/operator/keys', { headers: HEADERS }),
      await h.app.request('/operator/bundles', { headers: HEADERS }),
      await sign(h, [{ sequence: TODAY, signature }]),
      await h.app.request('/operator/keys/rotate', { method: 'POST', headers: HEADERS }),
      await h.app.request(`/bundle?slot=${TODAY}`),
    ];
    for (const answer of answers) {
      const retry = answer.headers.get('retry-after');
      expect([answer.status, await outerCode(answer), retry]).toEqual([503, 'unavailable', '5']);
    }
  });

  test('keys are listed with their epochs, public keys only', async () => {
    const { app } = await testGateway();
    const response = await app.request('/operator/keys', { headers: HEADERS });
    const epochs = (await response.json()) as { sequence: number; keys: { kemId: number }[] }[];
    expect(epochs).toHaveLength(HORIZON + 1);
    expect(Object.keys(epochs[0]?.keys[0] ?? {}).toSorted()).toEqual(['kemId', 'keyId', 'publicKey']);
  });

  test('a wrong credential gets 404', async () => {
    const { app } = await testGateway();
    for (const authorization of ['', 'Bearer x', `Bearer ${OPERATOR_TOKEN}x`, `Basic ${OPERATOR_TOKEN}`]) {
      for (const path of ['/metrics', '/operator/keys', '/operator/bundles']) {
        const response = await app.request(path, { headers: { authorization } });
        expect([response.status, await outerCode(response)]).toEqual([404, 'not-found']);
      }
    }
  });

  test('N63 what operators do is recorded by route and role, without query, body or token; scrapes are not', async () => {
    const h = await testGateway();
    const before = (
      (await (await h.app.request('/operator/audit', { headers: HEADERS })).json()) as unknown[]
    ).length;
    await h.app.request('/operator/keys?account=alice', { headers: HEADERS });
    await h.app.request('/operator/keys/rotate', { method: 'POST', headers: HEADERS });
    await h.app.request('/metrics', { headers: HEADERS });
    await h.app.request('/operator/alice', { headers: HEADERS });
    await h.app.request('/operator/keys', { headers: { authorization: 'Bearer of-somebody-else' } });
    const acts = (await (await h.app.request('/operator/audit', { headers: HEADERS })).json()) as object[];
    expect(acts).toHaveLength(before + 3);
    expect(acts.slice(0, 3)).toEqual(
      ['GET /operator/audit', 'POST /operator/keys/rotate', 'GET /operator/keys'].map((action) => ({
        at: NOW,
        role: 'keys',
        token: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
        action,
      })),
    );
    expect(JSON.stringify(acts)).not.toMatch(/alice|credential/);
  });

  test('N63 a token of another role gets 404', async () => {
    const roles = { metrics: ['m'.repeat(16)], support: ['s'.repeat(16)], keys: ['k'.repeat(16)] };
    const { deps } = await testGateway();
    const app = operatorApp({ ...deps, config: { ...deps.config, operators: roles } });
    const status = async (path: string, token: string | undefined): Promise<number> =>
      (await app.request(path, { headers: { authorization: `Bearer ${token}` } })).status;
    for (const [role, paths] of [
      ['metrics', [200, 404, 404]],
      ['support', [404, 404, 404]],
      ['keys', [404, 200, 200]],
    ] as const) {
      const [token] = roles[role];
      expect([
        await status('/metrics', token),
        await status('/operator/keys', token),
        await status('/operator/audit', token),
      ]).toEqual(paths);
    }
  });

  test('N59 the public app has no operator route', async () => {
    const { deps } = await testGateway();
    for (const path of ['/metrics', '/operator/keys', '/operator/bundles', '/operator/audit']) {
      const response = await gateway(deps).request(path, { headers: HEADERS });
      expect([response.status, await outerCode(response)]).toEqual([404, 'not-found']);
    }
    expect((await operatorApp(deps).request('/bundle', { headers: HEADERS })).status).toBe(404);
  });

  test('N63 health: the operator listener has /livez and /readyz without a token, the routes of a Worker with one', async () => {
    const h = await testGateway();
    const own = operatorApp(h.deps);
    for (const path of ['/livez', '/readyz']) {
      expect((await own.request(path)).status).toBe(200);
      expect((await operator(h.deps).request(path)).status).toBe(404);
      expect((await operator(h.deps).request(path, { headers: HEADERS })).status).toBe(200);
    }
    expect(await (await own.request('/metrics', { headers: HEADERS })).text()).toContain(
      `sotto_gateway_bundle_signed_until ${(TODAY + HORIZON + 1) * DAY}\n`,
    );
    h.now = NOW + HORIZON * DAY; // the last signed epoch: requests are served, and an alarm watches the gauge
    expect(await (await own.request('/readyz')).json()).toEqual({ ready: true, problems: [] });
    h.now += DAY;
    expect(await (await own.request('/readyz')).json()).toEqual({
      ready: false,
      problems: ['keys', 'bundle'].map((what) => expect.stringContaining(`the ${what} of this epoch`)),
    });
  });

  test('P09 counters have names from a closed set, and values in steps of fifty', async () => {
    const h = await testGateway();
    for (let i = 0; i < 60; i++) await h.search({ fields: [] });
    await h.search();
    const metrics = async () => (await h.app.request('/metrics', { headers: HEADERS })).text();
    const values = async () => (await metrics()).split('\n').filter((line) => line.includes('{'));
    expect(await metrics()).toContain('# TYPE sotto_gateway_outcomes_total counter\n');
    expect(await values()).toEqual(['sotto_gateway_outcomes_total{code="date"} 50']);
    for (let i = 0; i < 50; i++) await h.post(new Uint8Array(10), { 'x-real-ip': '198.51.100.7' });
    for (let i = 0; i < 50; i++) await h.post(new Uint8Array(10), { [`x-device-${i}`]: '198.51.100.7' });
    expect(await values()).toEqual([
      'sotto_gateway_outcomes_total{code="date"} 50',
      'sotto_gateway_outcomes_total{code="outer-bad-request"} 100',
      'sotto_gateway_unexpected_fields_total{field="other"} 50',
      'sotto_gateway_unexpected_fields_total{field="x-real-ip"} 50',
    ]);
  });
});
