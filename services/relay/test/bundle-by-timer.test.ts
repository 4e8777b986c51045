import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordingServer, type RecordingServer } from '../../../test/support/recording-server.ts';
import { systemClock } from '@sotto/service/node';
import { scheduledBundle } from '../src/bundle.ts';
import { startOnNode, vars } from './start-relay.ts';
import { eventually } from './told.ts';

const PERIOD = 600_000; // milliseconds
const START = 1_000_000_200_000; // a boundary

let gateway: RecordingServer;
beforeAll(async () => {
  gateway = await recordingServer(() => {}, false);
});
afterAll(() => gateway.close());

/** A schedule with a timer, on a clock that the test advances. */
function byTimer(good: boolean) {
  const at = { now: START + 1000, fetches: 0, good };
  const bundle = scheduledBundle({
    fetchBundle: () => {
      at.fetches++;
      return Promise.resolve(at.good ? { signed: new Uint8Array(1), logged: null, provider: null } : null);
    },
    now: () => at.now,
    sleep: () => Promise.resolve(),
    periodMs: PERIOD,
    byTimer: true,
  });
  return { at, bundle };
}

test('L7 with a timer no client causes a fetch, neither at a boundary nor without a bundle', async () => {
  const { at, bundle } = byTimer(true);
  expect(await bundle.current(() => {})).toBe(null);
  await bundle.refreshDue();
  at.now = START + PERIOD + 1; // the timer fires a little late
  expect(await bundle.current(() => {})).not.toBe(null);
  expect(at.fetches).toBe(1);
  expect(await bundle.refreshDue()).toBe(START + 2 * PERIOD);
  expect(await bundle.refreshDue()).toBe(START + 2 * PERIOD);
  expect(at.fetches).toBe(2);
});

test('L7 without a bundle the timer fetches every ten seconds, and with one every period', async () => {
  const { at, bundle } = byTimer(false);
  expect(await bundle.refreshDue()).toBe(START + 10_000);
  at.now = START + 10_000;
  at.good = true;
  expect(await bundle.refreshDue()).toBe(START + PERIOD);
});

test('L7 the relay on Node fetches once per period, however many clients request at the boundary', async () => {
  let fetches = 0;
  gateway.answer = ({ target }, response) => {
    if (target === '/bundle') fetches++;
    response.writeHead(200, { 'content-type': 'application/sotto-bundle' }).end('the bundle');
  };
  let now = START;
  let timer = (): Promise<number> => Promise.reject(new Error('no timer'));
  const relay = await startOnNode(vars(gateway.url, { BUNDLE_SECONDS: `${PERIOD / 1000}` }), {
    ...systemClock,
    now: () => now,
    repeat: (work) => {
      timer = work;
      return () => {};
    },
  });
  const clients = () =>
    Promise.all(Array.from({ length: 8 }, async () => (await fetch(`${relay.url}/bundle`)).text()));
  for (let period = 0; period < 4; period++) {
    now = START + period * PERIOD;
    const before = clients();
    const during = [timer(), clients()] as const;
    expect(await during[0]).toBe(now + PERIOD);
    await Promise.all([before, during[1]]);
    expect(new Set(await clients())).toEqual(new Set(['the bundle']));
    expect(fetches).toBe(period + 1);
  }
  await relay.close();
});

test('L7 a relay whose gateway starts later soon has its bundle, without a client request', async () => {
  let asked = 0;
  gateway.answer = ({ target }, response) => {
    if (target === '/bundle') asked++;
    const status = asked === 1 ? 503 : 200;
    response.writeHead(status, { 'content-type': 'application/sotto-bundle' }).end('the bundle');
  };
  const relay = await startOnNode(vars(gateway.url, { BUNDLE_SECONDS: '3600' }));
  // The next multiple of ten seconds, not of an hour.
  expect(await eventually(() => asked >= 2)).toBe(true);
  expect((await fetch(`${relay.url}/bundle`)).status).toBe(200);
  await relay.close();
});
