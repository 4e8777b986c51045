import { expect, test } from 'vitest';
import { relay } from '../src/app.ts';
import { configOf, CREDENTIAL } from './start-relay.ts';

/** A relay on its own clock, with a gateway that takes a given time. */
function timed(
  bucketMs: number,
  answer: () => Response = () => new Response('s', { headers: { 'content-type': 'message/ohttp-res' } }),
) {
  const clock = { now: 1_000_000, takes: 0, slept: [] as number[] };
  const config = configOf({
    GATEWAYS: '{"":"https://gateway.example"}',
    RELAY_TOKENS: JSON.stringify({ '': CREDENTIAL }),
    BUCKET_MS: `${bucketMs}`,
  });
  const { app } = relay({
    config,
    send: () => {
      clock.now += clock.takes;
      return Promise.resolve(answer());
    },
    now: () => clock.now,
    sleep: (ms) => {
      clock.slept.push(ms);
      clock.now += ms;
      return Promise.resolve();
    },
    timeout: () => new AbortController().signal,
  });
  const visit = { admit: () => true, waitUntil: () => {} };
  return {
    clock,
    took: async (takes: number): Promise<number> => {
      clock.takes = takes;
      const from = clock.now;
      const headers = { 'content-type': 'message/ohttp-req' };
      const request = new Request('https://relay.example/ohttp', {
        method: 'POST',
        body: new Uint8Array(64),
        headers,
      });
      await app.fetch(request, visit);
      return clock.now - from;
    },
  };
}

test('L5 by default a response is sent at once', async () => {
  const { clock, took } = timed(0);
  expect([await took(3), await took(61)]).toEqual([3, 61]);
  expect(clock.slept).toEqual([]);
});

test('L5 with a bucket, every response is sent at a multiple of it: 200 work times, four sending times', async () => {
  const { took } = timed(50);
  const left = new Set<number>();
  for (let takes = 0; takes < 200; takes++) left.add(await took(takes));
  expect([...left].toSorted((a, b) => a - b)).toEqual([50, 100, 150, 200]);
});

test('L5 a refusal waits for the same tick as a success', async () => {
  const { took } = timed(50, () => new Response('no', { status: 500 }));
  expect(await took(12)).toBe(50);
});

test('R11 R20 the configured deadlines apply: of a body, then of a response; a stream has one', async () => {
  const asked: number[] = [];
  const config = configOf({
    GATEWAYS: '{"":"https://gateway.example"}',
    RELAY_TOKENS: JSON.stringify({ '': CREDENTIAL }),
    REQUEST_MS: '1111',
    GATEWAY_MS: '2222',
    STREAM_MS: '3333',
  });
  const { app } = relay({
    config,
    // A gateway that does not respond until it is aborted.
    send: (_url, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('late')));
      }),
    now: () => 0,
    sleep: () => Promise.resolve(),
    timeout: (ms) => {
      asked.push(ms);
      return ms === 1111 ? new AbortController().signal : AbortSignal.timeout(1);
    },
  });
  const visit = { admit: () => true, waitUntil: () => {} };
  for (const type of ['message/ohttp-req', 'message/ohttp-chunked-req']) {
    const init = { method: 'POST', body: new Uint8Array(64), headers: { 'content-type': type } };
    const answer = await app.fetch(new Request('https://relay.example/ohttp', init), visit);
    expect(answer.status).toBe(504);
  }
  expect(asked).toEqual([1111, 2222, 3333]);
});

test.each([
  ['answers', () => Promise.resolve(new Response('x', { headers: { 'content-type': 'message/ohttp-res' } }))],
  ['refuses', () => Promise.resolve(new Response('no', { status: 500 }))],
  ['fails', () => Promise.reject(new Error('reset'))],
])('a gateway that %s leaves no timer: both deadlines of the exchange are stopped', async (_how, send) => {
  const running = new Set<number>();
  const { app } = relay({
    config: configOf({
      GATEWAYS: '{"":"https://gateway.example"}',
      RELAY_TOKENS: JSON.stringify({ '': CREDENTIAL }),
    }),
    send,
    now: () => 0,
    sleep: () => Promise.resolve(),
    timeout: (ms) => {
      running.add(ms);
      return Object.assign(new AbortController().signal, { stop: () => void running.delete(ms) });
    },
  });
  const visit = { admit: () => true, waitUntil: () => {} };
  for (const length of [64, 1]) {
    const init = {
      method: 'POST',
      body: new Uint8Array(length),
      headers: { 'content-type': 'message/ohttp-req' },
    };
    await app.fetch(new Request('https://relay.example/ohttp', init), visit);
    expect([...running]).toEqual([]);
  }
});
