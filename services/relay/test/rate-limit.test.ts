import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROBLEMS } from '@sotto/http';
import { recordingServer, type RecordingServer } from '../../../test/support/recording-server.ts';
import { tokenBuckets } from '../src/node/token-bucket.ts';
import { startOnNode, vars } from './start-relay.ts';
import { problem, told } from './told.ts';

let gateway: RecordingServer;
beforeAll(async () => {
  gateway = await recordingServer(() => {});
});
afterAll(() => gateway.close());

test('a bucket gives its burst, then its rate', () => {
  let now = 0;
  const buckets = tokenBuckets({ burst: 3, perSecond: 2, maxKeys: 10 }, () => now);
  expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([true, true, true, false]);
  expect(buckets.take('b')).toBe(true);
  now = 500;
  expect([buckets.take('a'), buckets.take('a')]).toEqual([true, false]);
});

test('an address is forgotten once its bucket is full again, and there are never more than the most', () => {
  let now = 0;
  const buckets = tokenBuckets({ burst: 2, perSecond: 1, maxKeys: 100 }, () => now);
  for (let i = 0; i < 1000; i++) buckets.take(`address ${i}`);
  expect(buckets.size).toBe(100);
  now = 60_000;
  buckets.take('one more');
  expect(buckets.size).toBe(1);
});

test('R27 past the most, the address longest unseen is forgotten first', () => {
  const buckets = tokenBuckets({ burst: 1, perSecond: 1, maxKeys: 2 }, () => 0);
  for (const address of ['a', 'b', 'a', 'c']) buckets.take(address);
  expect(['a', 'b'].map((address) => buckets.take(address))).toEqual([false, true]);
});

test.each([200, 400, 500])(
  'R27 past the limit: 429, whether the gateway answered %i or not',
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
