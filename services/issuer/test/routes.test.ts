import { AMORTIZED_REQUEST } from '@sotto/privacypass';
import { hex } from '@sotto/wire';
import { expect, test } from 'vitest';
import { StoreError } from '@sotto/service/store';
import { PROBLEM, told, World } from './support/world.ts';

const DIRECTORY_PATH = '/.well-known/private-token-issuer-directory';
const NOT_FOUND = PROBLEM(404, 'not-found', 'Not Found');

test('I05 routes: another media type gets 415, another method 405 with Allow', async () => {
  const world = new World();
  const types = [
    '',
    'text/plain',
    'application/json',
    `${AMORTIZED_REQUEST}x`,
    `${AMORTIZED_REQUEST}, text/plain`,
  ];
  for (const type of types) {
    const headers = { 'content-type': type, authorization: `Bearer ${await world.bearer('ada')}` };
    const response = await world.fetch('/token-request', {
      method: 'POST',
      headers,
      body: new Uint8Array(8),
    });
    expect(await told(response)).toEqual(PROBLEM(415, 'unsupported-media-type', 'Unsupported Media Type'));
  }
  for (const [path, good, methods] of [
    ['/token-request', 'POST', ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH']],
    [DIRECTORY_PATH, 'GET, HEAD', ['POST', 'PUT', 'DELETE']],
    ['/health', 'GET, HEAD', ['POST', 'PUT', 'DELETE']],
  ] as const) {
    for (const method of methods) {
      const response = await world.fetch(path, { method });
      expect([method, response.status, response.headers.get('allow')]).toEqual([
        method,
        405,
        `${good}, OPTIONS`,
      ]);
    }
    const preflight = await world.fetch(path, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example' },
    });
    expect([preflight.status, preflight.headers.get('vary'), await preflight.text()]).toEqual([
      204,
      null,
      '',
    ]);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  }
});

test('routes: HEAD responds like GET without content', async () => {
  const world = new World();
  for (const path of ['/health', DIRECTORY_PATH]) {
    const [get, head] = [await world.fetch(path), await world.fetch(path, { method: 'HEAD' })];
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect([...head.headers]).toEqual([...get.headers]);
  }
});

test('I08 routes: 401 names the authentication scheme', async () => {
  const world = new World();
  const headers = { 'content-type': AMORTIZED_REQUEST };
  for (const authorization of [undefined, 'Basic QTpC', 'Bearer nobody']) {
    const response = await world.fetch('/token-request', {
      method: 'POST',
      headers: authorization === undefined ? headers : { ...headers, authorization },
      body: new Uint8Array(8),
    });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  }
});

test('I18 directory: is the same bytes for everyone, without ETag and Vary', async () => {
  const world = new World();
  const answers = new Set<string>();
  for (let i = 0; i < 1000; i++) {
    const response = await world.fetch(DIRECTORY_PATH, {
      headers: {
        'cf-connecting-ip': `192.0.2.${i % 256}`,
        'user-agent': `agent ${i}`,
        cookie: `id=${i}`,
        'if-none-match': `"${i}"`,
        'accept-language': `x-${i}`,
      },
    });
    const body = hex(new Uint8Array(await response.arrayBuffer()));
    answers.add(JSON.stringify([response.status, [...response.headers], body]));
  }
  expect(answers.size).toBe(1);
  const [, headers] = JSON.parse([...answers][0] ?? '') as [number, [string, string][]];
  expect(headers.map(([name]) => name).toSorted()).toEqual([
    'access-control-allow-origin',
    'cache-control',
    'content-type',
  ]);
});

test('I19 routes: without a token no operator route exists, and redemption never is a route', async () => {
  const world = new World();
  const paths = [
    '/operator/keys',
    '/operator/keys/rotate',
    '/operator/keys/retire-all',
    '/operator/quota',
    '/metrics',
  ];
  const elsewhere = ['/admin', '/debug', '/redeem', '/schedule', '/', '/token-request/', '/operator'];
  for (const path of [...paths, ...elsewhere]) {
    for (const authorization of [
      undefined,
      'Bearer wrong',
      'Bearer operator-of-the-test',
      'Basic b3A6b3A=',
    ]) {
      for (const method of ['GET', 'POST']) {
        const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
        expect(await told(await world.fetch(path, { method, headers }))).toEqual(NOT_FOUND);
      }
    }
  }
  for (const path of elsewhere) expect((await world.operator(path)).status).toBe(404);
  expect((await world.operator('/metrics')).status).toBe(200);
});

test('N63 routes: readiness and gauges show whether every service has its keys, and need the metrics role', async () => {
  const world = new World();
  expect((await world.fetch('/readyz')).status).toBe(404);
  const before = await world.operator('/readyz');
  expect([before.status, await before.json()]).toEqual([
    503,
    { ready: false, problems: [expect.stringContaining('keys of this epoch are missing')] },
  ]);
  await world.operator('/operator/keys/rotate', 'POST');
  expect((await world.operator('/readyz')).status).toBe(200);
  const text = await (await world.operator('/metrics')).text();
  expect(text).toContain('sotto_issuer_keys_ahead 7\n');
  expect(text).toContain('sotto_issuer_rotation_overdue 0\n');
  expect(text).toContain('sotto_issuer_store_writable 1\n');
});

test('N63 routes: operator acts are recorded by role and route, without the account of a support request', async () => {
  const world = new World();
  await world.operator('/operator/quota', 'POST', JSON.stringify({ account: 'audit-canary' }));
  await world.operator('/operator/keys/rotate', 'POST');
  await world.operator('/metrics');
  await world.operator('/operator/audit-canary');
  await world.fetch('/operator/keys', { headers: { authorization: 'Bearer of-somebody-else' } });
  const text = await (await world.operator('/operator/audit')).text();
  const acts = JSON.parse(text) as { role: string; action: string; token: string; at: number }[];
  expect(acts.map(({ role, action }) => `${role}: ${action}`)).toEqual([
    'keys: GET /operator/audit',
    'keys: POST /operator/keys/rotate',
    'support: POST /operator/quota',
  ]);
  expect(acts.every(({ at, token }) => at === world.clock.now && /^[0-9a-f]{8}$/.test(token))).toBe(true);
  expect(text).not.toContain('canary');
});

test('N63 routes: an act that cannot be recorded is not done', async () => {
  const log = { record: () => Promise.reject(new Error('disk full')), list: async () => [] };
  const world = new World({ deps: () => ({ log }) });
  await world.draw(1);
  expect((await world.operator('/operator/keys/retire-all', 'POST')).status).toBe(503);
  await world.draw(1, { account: 'bob' });
});

const shownMetrics = async (world: World): Promise<string> => (await world.operator('/metrics')).text();

test('P09 N62 metrics: count accounts and reasons in steps of fifty, and never tokens', async () => {
  const world = new World();
  for (let i = 0; i < 49; i++) await world.fetch('/token-request', { method: 'POST' });
  expect(await shownMetrics(world)).not.toContain('media-type');
  await world.fetch('/token-request', { method: 'POST' });
  expect(await shownMetrics(world)).toContain('sotto_issuer_refused_total{reason="media-type"} 50\n');
  await world.draw(30, { account: 'metric-canary' });
  await world.draw(30, { account: 'another' });
  expect(await shownMetrics(world)).not.toContain('issued_total{');
  for (let i = 0; i < 48; i++) await world.draw(1, { account: `account ${i}` });
  const text = await shownMetrics(world);
  expect(text).toContain('sotto_issuer_issued_total{service="stickers"} 50\n');
  expect(text).not.toContain('canary');
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(
      /^(# (HELP|TYPE) .+|sotto_issuer_[a-z]+_total\{[a-z]+="[a-z-]+"\} [0-9]+|sotto_issuer_(store_writable|keys_ahead|rotation_overdue) [0-9])$/,
    );
  }
});

test('N62 metrics: an account that repeats its requests cannot bring a counter next to its step', async () => {
  const world = new World();
  for (let i = 0; i < 30; i++) await world.draw(1, { account: 'primer' });
  for (let i = 0; i < 49; i++) {
    await expect(world.draw(1, { account: 'primer' })).rejects.toThrow('429');
  }
  const before = await shownMetrics(world);
  await world.draw(30, { account: 'victim' });
  await expect(world.draw(1, { account: 'victim' })).rejects.toThrow('429');
  expect(await shownMetrics(world)).toBe(before);
  expect(before).not.toContain('quota');
});

const fail = (error: Error) => async (): Promise<never> => {
  throw error;
};

test('X05 routes: a failing store gets a constant 503, any other fault a constant 500', async () => {
  const outcomes = new Set<string>();
  for (const error of [new StoreError('failed', 'canary'), new TypeError('canary')]) {
    for (const port of ['authority', 'quota', 'counters', 'fetch'] as const) {
      const broken = new Proxy({} as never, { get: () => fail(error), apply: fail(error) });
      const world = new World();
      const { pending } = await world.blind(5);
      const bad = new World({ database: world.database, deps: () => ({ [port]: broken }) });
      const response = await bad.post(pending.contentType, pending.request);
      const [status, body] = await told(response);
      expect(body).not.toContain('canary');
      outcomes.add(`${error.name} ${port} ${status}`);
      expect((await bad.fetch('/health')).status).toBe(200);
    }
  }
  expect([...outcomes].toSorted()).toEqual([
    'StoreError authority 503',
    'StoreError counters 200',
    'StoreError fetch 200',
    'StoreError quota 503',
    'TypeError authority 500',
    'TypeError counters 200',
    'TypeError fetch 200',
    'TypeError quota 500',
  ]);
});

test('routes: a body that ends early gets 400, a body over the limit 422', async () => {
  const world = new World();
  expect((await world.post(AMORTIZED_REQUEST, new Uint8Array(100_000))).status).toBe(422);
  const broken = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(3));
      controller.error(new Error('gone'));
    },
  });
  const headers = { 'content-type': AMORTIZED_REQUEST, authorization: `Bearer ${await world.bearer('ada')}` };
  const init = { method: 'POST', headers, body: broken, duplex: 'half' } as RequestInit;
  expect((await world.fetch('/token-request', init)).status).toBe(400);
});
