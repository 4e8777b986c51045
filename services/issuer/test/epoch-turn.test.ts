import { AMORTIZED_REQUEST } from '@sotto/privacypass';
import type { Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import type { QuotaCharge } from '../src/ports.ts';
import { DAY, START, told, UNPROCESSABLE, World } from './support/world.ts';

/** Posts a batch whose last byte is sent when the test says so. */
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

test('I20 issuance: a body that ends after its epoch is neither signed nor charged', async () => {
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

test('I20 issuance: an epoch that ends while the quota is charged stops the signing', async () => {
  const world = new World();
  const { pending } = await world.blind(30);
  const turning = new World({
    database: world.database,
    clock: world.clock,
    deps: ({ quota }) => ({
      quota: {
        used: (row) => quota.used(row),
        charge: async (charge) => {
          world.clock.now = START + DAY;
          return quota.charge(charge);
        },
      },
    }),
  });
  expect(await told(await turning.post(pending.contentType, pending.request))).toEqual(UNPROCESSABLE);
});

test('I09 quota: is kept until grace after its epoch, and is ended from then on', async () => {
  const world = new World();
  const { quota } = world.issuer.issuing;
  const charge = (batch: string): QuotaCharge => ({
    epoch: START,
    account: new Uint8Array(32).fill(1),
    service: 'stickers',
    count: 30,
    limit: 30,
    batch: batch.repeat(32),
  });
  expect(await quota.charge(charge('a'))).toBe('charged');
  for (const [seconds, outcome] of [
    [DAY, 'repeated'], // a clock that is behind is still in the epoch
    [DAY + 299, 'repeated'],
    [DAY + 300, 'ended'],
    [2 * DAY, 'ended'],
  ] as const) {
    world.clock.now = START + seconds;
    await world.issuer.runSchedule();
    expect(await quota.charge(charge('a'))).toBe(outcome);
    expect(await quota.charge(charge('b'))).toBe(outcome === 'ended' ? 'ended' : 'exhausted');
  }
  expect(world.database.db.all('select * from quotas')).toEqual([]);
});
