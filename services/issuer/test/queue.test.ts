import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Queue } from '../src/queue.ts';
import { PROBLEM, START, told, World } from './support/world.ts';

test('I07 under 100 parallel batches, health and redemption answer meanwhile; the rest is 503 with Retry-After', async () => {
  const quota = JSON.stringify([{ name: 'stickers', types: [5], batch: [30], quota: { default: 3000 } }]);
  const world = new World({ vars: { SERVICES: quota } });
  const [token] = await world.draw(30);
  const { pending } = await world.blind(30);
  const posts = Array.from({ length: 100 }, async (_, i) =>
    world.post(pending.contentType, pending.request, `account ${i}`),
  );
  const flooded = { now: true };
  const flood = Promise.all(posts).finally(() => {
    flooded.now = false;
  });
  const waits: number[] = [];
  let redeemed = 0;
  while (flooded.now) {
    const began = performance.now();
    expect((await world.fetch('/health')).status).toBe(200);
    if (token !== undefined && (await world.redeem(token)) !== 'unavailable') redeemed++;
    waits.push(performance.now() - began);
    await sleep(1);
  }
  const responses = await flood;
  const statuses = new Set(responses.map(({ status }) => status));
  expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 503]);
  for (const response of responses.filter(({ status }) => status === 503)) {
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await told(response)).toEqual(PROBLEM(503, 'unavailable', 'Service Unavailable'));
  }
  expect(waits.length).toBeGreaterThan(5);
  expect(redeemed).toBe(waits.length);
  expect(waits.toSorted((a, b) => b - a)[0]).toBeLessThan(1000); // milliseconds
});

test('who went away in the middle does not hold up the queue', async () => {
  const clock = { now: 100 };
  const queue = new Queue(1, { now: () => clock.now, pause: async () => sleep(1) });
  void queue.enter((evaluate) => evaluate(() => new Promise(() => {})));
  await sleep(10);
  await expect(queue.enter(async () => 1)).rejects.toMatchObject({ code: 'unavailable', reason: 'queue' });
  clock.now += 11; // seconds
  expect(await queue.enter((evaluate) => evaluate(() => 'served'))).toBe('served');
});

test('X07 those who wait are served after a clock that jumps, or a process that stood still', async () => {
  const clock = { now: 100 };
  let looks = 0;
  const pause = async (): Promise<void> => {
    if (looks++ > 1000) throw new Error('looks for ever');
    if (looks === 20) clock.now += 11; // seconds
    await turn();
  };
  const queue = new Queue(5, { now: () => clock.now, pause });
  const slow = { end: () => {} };
  const first = queue.enter((evaluate) =>
    evaluate(() => new Promise<string>((end) => (slow.end = () => end('a')))),
  );
  const others = ['b', 'c', 'd'].map((name) => queue.enter((evaluate) => evaluate(() => name)));
  while (clock.now === 100) await turn();
  slow.end();
  expect(await Promise.all([first, ...others])).toEqual(['a', 'b', 'c', 'd']);
});

test('one evaluation at a time, in the order of coming', async () => {
  const queue = new Queue(10, { now: () => START, pause: async () => sleep(1) });
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

test('I21 a key at its ceiling answers 503 until the next epoch, and no other key appears', async () => {
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
  // An isolate that starts anew, and an operator, find the same ceiling and the same keys.
  const again = new World({ vars: { SERVICES: JSON.stringify(services) }, database: world.database });
  await expect(again.draw(5, { account: 'e' })).rejects.toThrow('503');
  await world.operator('/operator/keys/rotate', 'POST');
  expect(await world.directory()).toEqual(before);
  world.clock.now += 86_400;
  expect(await world.draw(30, { account: 'a' })).toHaveLength(30);
});
