import { expect, test } from 'vitest';
import { relay } from '../src/app.ts';
import { scheduledBundle } from '../src/bundle.ts';
import { tokenBuckets } from '../src/node/token-bucket.ts';
import { configOf, CREDENTIAL } from './start-relay.ts';

const HOUR = 3_600_000; // milliseconds

test('X07 a clock that is set back an hour blocks no client', () => {
  const at = { now: 10 * HOUR };
  const buckets = tokenBuckets({ burst: 3, perSecond: 1, maxKeys: 100 }, () => at.now);
  expect(buckets.take('198.51.100.1')).toBe(true);
  at.now -= HOUR;
  expect([1, 2, 3].map(() => buckets.take('198.51.100.1'))).toEqual([true, true, false]);
  at.now += 1000;
  expect(buckets.take('198.51.100.1')).toBe(true);
});

test('X07 a clock that is set back delays no response by more than a bucket', async () => {
  const at = { now: 10 * HOUR, slept: [] as number[] };
  const { app } = relay({
    config: configOf({
      GATEWAYS: '{"":"https://gateway.example"}',
      RELAY_TOKENS: JSON.stringify({ '': CREDENTIAL }),
      BUCKET_MS: '50',
    }),
    send: () => {
      at.now -= HOUR;
      return Promise.resolve(new Response('s', { headers: { 'content-type': 'message/ohttp-res' } }));
    },
    now: () => at.now,
    sleep: (ms) => {
      at.slept.push(ms);
      return Promise.resolve();
    },
    timeout: () => new AbortController().signal,
  });
  const headers = { 'content-type': 'message/ohttp-req' };
  const init = { method: 'POST', body: new Uint8Array(64), headers };
  const visit = { admit: () => true, waitUntil: () => {} };
  expect((await app.fetch(new Request('https://relay.example/ohttp', init), visit)).status).toBe(200);
  expect(at.slept).toEqual([50]);
});

test('X07 a clock that was a month ahead, and is set right, does not keep the bundle for a month', async () => {
  const at = { now: 1_000_000_000_000 + 720 * HOUR, fetches: 0 };
  const bundle = scheduledBundle({
    fetchBundle: () => {
      at.fetches++;
      return Promise.resolve({ signed: new Uint8Array(1), logged: null, provider: null });
    },
    now: () => at.now,
    sleep: () => Promise.resolve(),
    periodMs: 600_000,
  });
  await bundle.current(() => {});
  at.now -= 720 * HOUR;
  for (let i = 0; i < 10; i++) await bundle.current(() => {});
  expect(at.fetches).toBe(2);
});
