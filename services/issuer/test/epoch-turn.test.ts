import { AMORTIZED_REQUEST } from '@sotto/privacypass';
import type { Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import type { Take } from '../src/ports.ts';
import { DAY, START, told, UNPROCESSABLE, World } from './support/world.ts';

/** Posts a batch whose last byte comes when it is told to. */
async function slowly(
  world: World,
  body: Bytes,
  account: string,
): Promise<{ end: () => void; answer: Promise<Response> }> {
  let end = (): void => {};
  const content = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(body.subarray(0, -1));
      end = () => {
        controller.enqueue(body.subarray(-1));
        controller.close();
      };
    },
  });
  const headers = {
    'content-type': AMORTIZED_REQUEST,
    authorization: `Bearer ${await world.bearer(account)}`,
  };
  const init = { method: 'POST', headers, body: content, duplex: 'half' } as RequestInit;
  return { end, answer: world.fetch('/token-request', init) };
}

test('I20 a batch that ends after its epoch is not signed, and counted nowhere', async () => {
  const world = new World();
  const { pending } = await world.blind(30);
  world.clock.now = START + DAY - 1;
  const inTime = await slowly(world, pending.request, 'ada');
  const late = await slowly(world, pending.request, 'bob');
  inTime.end();
  expect((await inTime.answer).status).toBe(200);
  expect(world.used()).toBe(30);
  world.clock.now += 1;
  late.end();
  expect(await told(await late.answer)).toEqual(UNPROCESSABLE);
  expect(world.used()).toBe(30);
});

test('I20 an epoch that ends while the quota is counted, or while others are signed, ends the signing', async () => {
  const world = new World();
  const { pending } = await world.blind(30);
  const turning = new World({
    database: world.database,
    clock: world.clock,
    deps: ({ quota }) => ({
      quota: {
        used: (row) => quota.used(row),
        take: async (take) => {
          world.clock.now = START + DAY;
          return quota.take(take);
        },
      },
    }),
  });
  expect(await told(await turning.post(pending.contentType, pending.request))).toEqual(UNPROCESSABLE);
});

test('I09 the count of an epoch stays until nobody can draw on it any more, and then nobody can', async () => {
  const world = new World();
  const { quota } = world.issuer.issuing;
  const take = (batch: string): Take => ({
    epoch: START,
    account: new Uint8Array(32).fill(1),
    service: 'stickers',
    count: 30,
    limit: 30,
    batch: batch.repeat(32),
  });
  expect(await quota.take(take('a'))).toBe('taken');
  for (const [seconds, outcome] of [
    [DAY, 'counted'], // a clock that is behind is in the epoch still
    [DAY + 299, 'counted'],
    [DAY + 300, 'exhausted'],
    [2 * DAY, 'exhausted'],
  ] as const) {
    world.clock.now = START + seconds;
    await world.issuer.runSchedule();
    expect(await quota.take(take('a'))).toBe(outcome);
    expect(await quota.take(take('b'))).toBe('exhausted');
  }
  expect(world.database.db.all('select * from quotas')).toEqual([]);
});
