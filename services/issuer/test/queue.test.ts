import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Bytes } from '@sotto/wire';
import { EvaluationLimiter } from '../src/evaluation-limiter.ts';
import { EvaluationQueue } from '../src/evaluation-queue.ts';
import { PROBLEM, START, told, VOPRF, World } from './support/world.ts';

test('I07 queue: under 100 parallel batches, health and redemption respond; batches over the limit get 503', async () => {
  const quota = JSON.stringify([{ name: 'stickers', types: [5], batch: [30], quota: { default: 3000 } }]);
  let evaluated = 0;
  const suite = VOPRF['ristretto255-SHA512'];
  const blindEvaluate: typeof suite.blindEvaluate = (...args) => {
    evaluated++;
    return suite.blindEvaluate(...args);
  };
  const voprf = { ...VOPRF, [suite.suite]: { ...suite, blindEvaluate } };
  const world = new World({ vars: { SERVICES: quota }, deps: () => ({ voprf }) });
  const [token] = await world.draw(30);
  const { pending } = await world.blind(30);
  const posts = Array.from({ length: 100 }, async (_, i) =>
    world.post(pending.contentType, pending.request, `account ${i}`),
  );
  const flooded = { now: true };
  const flood = Promise.all(posts).finally(() => {
    flooded.now = false;
  });
  const rounds: number[] = []; // evaluations that each request had to wait for
  while (flooded.now) {
    const before = evaluated;
    expect((await world.fetch('/health')).status).toBe(200);
    expect(await world.redeem(token)).not.toBe('unavailable');
    rounds.push(evaluated - before);
    await turn();
  }
  const responses = await flood;
  const statuses = new Set(responses.map(({ status }) => status));
  expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 503]);
  for (const response of responses.filter(({ status }) => status === 503)) {
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await told(response)).toEqual(PROBLEM(503, 'unavailable', 'Service Unavailable'));
  }
  expect(Math.max(...rounds)).toBeLessThan(6);
  expect(rounds.length).toBeGreaterThan(5);
});

/** A queue whose pauses are recorded in milliseconds, and end at once. */
function watched(): { queue: EvaluationQueue; pauses: number[] } {
  const pauses: number[] = [];
  const pause = async (milliseconds: number): Promise<void> => {
    pauses.push(milliseconds);
    await turn();
  };
  return { queue: new EvaluationQueue(10, { now: () => START, pause }), pauses };
}

test('queue: a request that is alone checks and signs without a pause, and pauses before more', async () => {
  const { queue, pauses } = watched();
  for (let request = 0; request < 3; request++) {
    await queue.enter(async (evaluate) => {
      await evaluate(() => 'looks');
      await turn(); // its quota
      await evaluate(() => 'signs');
    });
    expect(pauses).toEqual([]);
  }
  await queue.enter(async (evaluate) => {
    for (let token = 0; token < 4; token++) await evaluate(() => 'signs');
  });
  expect(pauses).toEqual([0, 0, 0, 0]); // two before the third, two before the fourth
});

test('I07 queue: other work runs between the evaluations of two requests', async () => {
  const { queue } = watched();
  const watch = { on: true, turns: 0 };
  const watching = (async () => {
    for (; watch.on; watch.turns++) await turn();
  })();
  const seen: number[] = [];
  const request = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) await turn(); // its body
    await queue.enter(async (evaluate) => {
      await evaluate(() => {});
      await turn(); // its quota
      await evaluate(() => seen.push(watch.turns));
    });
  };
  await Promise.all(Array.from({ length: 10 }, request));
  watch.on = false;
  await watching;
  expect(new Set(seen).size).toBe(10);
});

test('queue: a request polls less often the further back it is', async () => {
  const { queue, pauses } = watched();
  const open: (() => void)[] = [];
  const requests = Array.from({ length: 4 }, async () =>
    queue.enter((evaluate) => evaluate(() => new Promise<void>((end) => open.push(end)))),
  );
  while (pauses.length < 3) await turn();
  expect(pauses.slice(0, 3)).toEqual([4, 8, 12]);
  for (let served = 0; served < 4; served++) {
    while (open.length === served) await turn();
    open[served]?.();
  }
  await Promise.all(requests);
});

test('queue: a cancelled request does not block the others', async () => {
  const clock = { now: 100 };
  const queue = new EvaluationQueue(1, { now: () => clock.now, pause: async () => sleep(1) });
  void queue.enter((evaluate) => evaluate(() => new Promise(() => {})));
  await sleep(10);
  await expect(queue.enter(async () => 1)).rejects.toMatchObject({ code: 'unavailable', reason: 'queue' });
  clock.now += 11; // seconds
  expect(await queue.enter((evaluate) => evaluate(() => 'served'))).toBe('served');
});

test('X07 queue: waiting requests are served after a clock jump or a suspended process', async () => {
  const clock = { now: 100 };
  let looks = 0;
  const pause = async (): Promise<void> => {
    if (looks++ > 1000) throw new Error('polls without end');
    if (looks === 20) clock.now += 11; // seconds
    await turn();
  };
  const queue = new EvaluationQueue(5, { now: () => clock.now, pause });
  const slow = { end: () => {} };
  const first = queue.enter((evaluate) =>
    evaluate(() => new Promise<string>((end) => (slow.end = () => end('a')))),
  );
  const others = ['b', 'c', 'd'].map((name) => queue.enter((evaluate) => evaluate(() => name)));
  while (clock.now === 100) await turn();
  slow.end();
  expect(await Promise.all([first, ...others])).toEqual(['a', 'b', 'c', 'd']);
});

test('queue: evaluates one request at a time, in order of arrival', async () => {
  const queue = new EvaluationQueue(10, { now: () => START, pause: async () => sleep(1) });
  const order: string[] = [];
  await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      queue.enter((evaluate) =>
        evaluate(async () => {
          order.push(`${name} begins`);
          await sleep(3);
          order.push(`${name} ends`);
        }),
      ),
    ),
  );
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

/** The sizes of the blocks that an isolate reserves for batches of 30, one every few seconds. */
async function blocksOf(batches: number, { ceiling = 1e9, seconds = 0 }): Promise<number[]> {
  const asked: number[] = [];
  const reserve = async (_keyId: Bytes, count: number): Promise<boolean> => asked.push(count) > 0;
  const clock = { now: START };
  const limiter = new EvaluationLimiter({ reserve }, () => clock.now);
  for (let i = 0; i < batches; i++) {
    expect(await limiter.reserve({ keyId: new Uint8Array(32), ceiling }, 30)).toBe(true);
    clock.now += seconds;
  }
  return asked.filter((count) => count > 0); // a reservation of 0 checks whether the key still exists
}

test('I21 key ceiling: a crash loses at most a thousandth of it, and at most 30,000', async () => {
  expect(await blocksOf(100, { ceiling: 1_000_000 })).toEqual([300, 600, 1000, 1000, 1000]);
  expect((await blocksOf(10_000, { ceiling: 1e9 })).slice(6)).toEqual([
    19_200, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000,
  ]);
});

test.each([
  [1, 0],
  [11, 0],
  [35, 0],
  [1000, 0],
  [1000, 5],
  [50, 60],
])(
  'I21 an isolate that ends after %i batches, one every %i s, loses no more than it used and one first block',
  async (batches, seconds) => {
    const reserved = (await blocksOf(batches, { seconds })).reduce((sum, count) => sum + count, 0);
    expect(reserved - batches * 30).toBeLessThanOrEqual(batches * 30 + 300);
  },
);

test('I21 an isolate that becomes quiet reserves smaller blocks again', async () => {
  const asked: number[] = [];
  const reserve = async (_keyId: Bytes, count: number): Promise<boolean> => asked.push(count) > 0;
  const clock = { now: START };
  const limiter = new EvaluationLimiter({ reserve }, () => clock.now);
  const key = { keyId: new Uint8Array(32), ceiling: 1e9 };
  for (let i = 0; i < 31; i++) await limiter.reserve(key, 30); // 300, 600, and one of 1200
  for (let i = 0; i < 60; i++) {
    clock.now += 60;
    await limiter.reserve(key, 30);
  }
  expect(asked.filter((count) => count > 0)).toEqual([300, 600, 1200, 600, 300]);
});

test('I21 key ceiling: when reached, responds 503 until the next epoch, and no other key appears', async () => {
  const services = [{ name: 'stickers', types: [5], batch: [5, 30], quota: { default: 3000 }, ceiling: 65 }];
  const world = new World({ vars: { SERVICES: JSON.stringify(services) } });
  const before = await world.directory();
  await world.draw(30, { account: 'a' });
  await world.draw(30, { account: 'b' });
  const { pending } = await world.blind(30);
  const refused = await world.post(pending.contentType, pending.request, 'c');
  expect(refused.headers.get('retry-after')).toBe(new Date((START + 86_400) * 1000).toUTCString());
  expect(await told(refused)).toEqual(PROBLEM(503, 'unavailable', 'Service Unavailable'));
  await world.draw(5, { account: 'd' });
  await expect(world.draw(5, { account: 'd' })).rejects.toThrow('503');
  // A restarted isolate and an operator see the same ceiling and the same keys.
  const again = new World({ vars: { SERVICES: JSON.stringify(services) }, database: world.database });
  await expect(again.draw(5, { account: 'e' })).rejects.toThrow('503');
  await world.operator('/operator/keys/rotate', 'POST');
  expect(await world.directory()).toEqual(before);
  world.clock.now += 86_400;
  expect(await world.draw(30, { account: 'a' })).toHaveLength(30);
});
