import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROBLEMS } from '@sotto/http';
import { rawExchange } from '../../../test/support/raw-connection.ts';
import { recordingServer, type RecordingServer } from '../../../test/support/recording-server.ts';
import { tokenBuckets } from '../src/node/token-bucket.ts';
import { startOnNode, vars } from './start-relay.ts';
import { problem, told } from './told.ts';

let gateway: RecordingServer;
beforeAll(async () => {
  gateway = await recordingServer(() => {});
});
afterAll(() => gateway.close());

test('a bucket allows its burst, then its rate', () => {
  let now = 0;
  const buckets = tokenBuckets({ burst: 3, perSecond: 2, maxKeys: 10 }, () => now);
  expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([true, true, true, false]);
  expect(buckets.take('b')).toBe(true);
  now = 500;
  expect([buckets.take('a'), buckets.take('a')]).toEqual([true, false]);
});

test('an address is forgotten once its bucket is full again, and their number is limited', () => {
  let now = 0;
  const buckets = tokenBuckets({ burst: 2, perSecond: 1, maxKeys: 100 }, () => now);
  for (let i = 0; i < 1000; i++) buckets.take(`address ${i}`);
  expect(buckets.size).toBe(100);
  now = 60_000;
  buckets.take('one more');
  expect(buckets.size).toBe(1);
});

test('R27 above the limit, the address that was unseen longest is forgotten first', () => {
  const buckets = tokenBuckets({ burst: 1, perSecond: 1, maxKeys: 2 }, () => 0);
  for (const address of ['a', 'b', 'a', 'c']) buckets.take(address);
  expect(['a', 'b'].map((address) => buckets.take(address))).toEqual([false, true]);
});

test.each([200, 400, 500])(
  'R27 above the limit: 429, whether the gateway responds with %i or not',
  async (status) => {
    gateway.reset();
    gateway.answer = (_seen, response) => {
      response.writeHead(status, { 'content-type': 'message/ohttp-res' }).end('sealed');
    };
    const relay = await startOnNode(vars(gateway.url, { RATE_BURST: '5', RATE_PER_MINUTE: '1' }));
    const post = (forwarded: string): Promise<Response> =>
      fetch(`${relay.url}/ohttp`, {
        method: 'POST',
        body: 'x'.repeat(64),
        headers: { 'content-type': 'message/ohttp-req', 'x-forwarded-for': forwarded },
      });
    for (let i = 0; i < 5; i++) expect((await told(await post(`192.0.2.${i}`)))['status']).not.toBe(429);
    const refused = await post('192.0.2.9');
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(await told(refused)).toEqual(problem(PROBLEMS['too-many-requests']));
    expect(gateway.seen.filter(({ method }) => method === 'POST')).toHaveLength(5);
    expect((await fetch(`${relay.url}/health`)).status).toBe(200);
    await relay.close();
  },
);

describe('N08 the key bundle and other web pages', () => {
  const LIMITS = { RATE_BURST: '3', RATE_PER_MINUTE: '1' };
  const envelope = { method: 'POST', body: 'x'.repeat(64) };
  const type = { 'content-type': 'message/ohttp-req' };
  const exchange = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(`${url}/ohttp`, { ...envelope, headers: { ...type, ...headers } })).status;
  const bundle = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(`${url}/bundle`, { headers })).status;
  const three = (status: number): number[] => [status, status, status];
  const times = async (n: number, call: () => Promise<number>): Promise<number[]> => {
    const statuses: number[] = [];
    for (let i = 0; i < n; i++) statuses.push(await call());
    return statuses;
  };
  const sealed = (): void => {
    gateway.reset();
    gateway.answer = (_seen, response) =>
      void response.writeHead(200, { 'content-type': 'message/ohttp-res' }).end('s');
  };

  test('the bundle has a rate limit, which exchanges neither use up nor share', async () => {
    sealed();
    const relay = await startOnNode(vars(gateway.url, LIMITS));

    expect(await times(4, () => exchange(relay.url))).toEqual([...three(200), 429]);
    const bundles = await times(5, () => bundle(relay.url));
    expect(bundles.slice(0, 3)).not.toContain(429);
    expect(bundles.slice(3)).toEqual([429, 429]);
    await relay.close();

    const other = await startOnNode(vars(gateway.url, LIMITS));
    await times(10, () => bundle(other.url));
    expect(await times(4, () => exchange(other.url))).toEqual([...three(200), 429]);
    await other.close();
  });

  test('a page of another origin than those of the list is refused before the rate limit', async () => {
    sealed();
    const listed = { CORS_ORIGINS: '["https://app.example", "https://other.example:8443"]' };
    const relay = await startOnNode(vars(gateway.url, { ...LIMITS, ...listed }));
    for (const origin of [
      'https://evil.example',
      'http://app.example',
      'https://app.example.evil.example',
      'https://app.example:444',
      'null',
    ]) {
      expect([await exchange(relay.url, { origin }), await bundle(relay.url, { origin })]).toEqual([
        403, 403,
      ]);
      const preflight = await fetch(`${relay.url}/ohttp`, { method: 'OPTIONS', headers: { origin } });
      expect(preflight.status).toBe(403);
    }
    expect(gateway.seen.filter(({ method }) => method === 'POST')).toEqual([]);
    expect(await exchange(relay.url, { origin: 'https://app.example' })).toBe(200);
    expect(await exchange(relay.url, { origin: 'https://other.example:8443' })).toBe(200);
    expect(await exchange(relay.url)).toBe(200); // an app that is not a web page
    await relay.close();
  });

  test.each(['no-cors', 'navigate'])('a request that a page cannot read (%s) is refused', async (mode) => {
    sealed();
    const relay = await startOnNode(vars(gateway.url, LIMITS));
    const raw = async (line: string, length = ''): Promise<string> =>
      rawExchange(
        relay.url,
        `${line} HTTP/1.1\r\nhost: a\r\nsec-fetch-mode: ${mode}\r\n${length}connection: close\r\n\r\n`,
      );
    for (let i = 0; i < 5; i++) expect(await raw('GET /bundle')).toContain(' 403 ');
    expect(await raw('POST /ohttp', 'content-length: 0\r\n')).toContain(' 403 ');
    expect(await raw('GET /health')).toContain(' 200 ');
    expect(await times(4, () => exchange(relay.url))).toEqual([...three(200), 429]);
    await relay.close();
  });
});

test("R27 behind one's own proxy, the last address in its header counts", async () => {
  gateway.reset();
  gateway.answer = (_seen, response) =>
    void response.writeHead(200, { 'content-type': 'message/ohttp-res' }).end('s');
  const relay = await startOnNode(
    vars(gateway.url, { RATE_BURST: '2', RATE_PER_MINUTE: '1', ADDRESS_HEADER: 'X-Forwarded-For' }),
  );
  const status = async (forwarded: string): Promise<number> => {
    const headers = { 'content-type': 'message/ohttp-req', 'x-forwarded-for': forwarded };
    return (await fetch(`${relay.url}/ohttp`, { method: 'POST', body: 'x'.repeat(64), headers })).status;
  };
  expect([await status('1.1.1.1, 192.0.2.1'), await status('2.2.2.2, 192.0.2.1')]).toEqual([200, 200]);
  expect([await status('3.3.3.3, 192.0.2.1'), await status('1.1.1.1, 192.0.2.2')]).toEqual([429, 200]);
  await relay.close();
});
