import { decodeBundle } from '@sotto/bundle';
import { decodeDirectory, encodeDirectory } from '@sotto/privacypass';
import type { PublishedSchedule } from '@sotto/redemption';
import { expect, test } from 'vitest';
import { runSchedule } from '../src/keys/schedule.ts';
import { DAY, testGateway, memoryStores, NOW, scheduleOf } from './support/gateway.ts';

const TODAY = Math.floor(NOW / DAY);
const AHEAD = [0, 1, 2, 3, 4, 5, 6, 7];

/** An issuer whose keys of some epochs (counted from today) were lost and made anew. */
function losing(lost: readonly number[]): () => Promise<PublishedSchedule> {
  const schedule = scheduleOf(['stickers', 'ledger'], DAY, () => NOW);
  return async () => {
    const published = await schedule();
    const epochs = published.epochs.map((epoch) => {
      if (!lost.includes(epoch.start / DAY - TODAY)) return epoch;
      const directory = decodeDirectory(epoch.directory);
      const tokenKeys = directory.tokenKeys.map((key) => ({
        ...key,
        tokenKey: new Uint8Array(32).fill(255),
      }));
      return { ...epoch, directory: encodeDirectory({ ...directory, tokenKeys }) };
    });
    return { ...published, epochs };
  };
}

/** A gateway all of whose bundles are signed, and whose issuer then loses keys. */
async function afterLoss(lost: readonly number[]) {
  const store = memoryStores().keys;
  const { deps } = await testGateway({ store, schedule: losing([]) });
  const authority = { ...deps.authority, schedule: losing(lost) };
  const before = await store.bundles(TODAY, TODAY + 7);
  const problems = await runSchedule(authority, NOW);
  const after = await store.bundles(TODAY, TODAY + 7);
  const unsigned = after
    .filter(({ signature }) => signature === null)
    .map(({ epochIndex }) => epochIndex - TODAY);
  return { store, authority, problems, before, after, unsigned };
}

test('N51 gateway: while the issuer has the keys of every signed bundle, nothing changes and nothing is reported', async () => {
  const { problems, before, after } = await afterLoss([]);
  expect(problems).toEqual([]);
  expect(after).toEqual(before);
});

test('N51 gateway: coming bundles that name lost keys are withdrawn, and offered again with the current keys', async () => {
  const { authority, problems, after, unsigned } = await afterLoss([6, 7]);
  expect(unsigned).toEqual([6, 7]);
  expect(problems).toHaveLength(2);
  expect(problems[0]).toMatch(
    new RegExp(`^bundle ${TODAY + 6}: named issuer keys that are lost.*sotto bundle sign`),
  );
  for (const { epochIndex, bundle } of after.filter(({ signature }) => signature === null)) {
    const { sequence, directory } = decodeBundle(bundle);
    expect(sequence).toBe(epochIndex);
    expect(decodeDirectory(directory).tokenKeys.map(({ tokenKey }) => tokenKey[0])).toEqual([255, 255]);
  }
  expect(await runSchedule(authority, NOW)).toEqual([]);
});

test('N51 gateway: after the whole store was lost, the bundle that clients have stays, and every later one is replaced', async () => {
  const { authority, problems, before, after, unsigned } = await afterLoss(AHEAD);
  expect(unsigned).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(after[0]).toEqual(before[0]);
  expect(problems).toHaveLength(8);
  expect(problems[0]).toMatch(
    /^bundle \d+: names issuer keys that are lost, and clients or a log have it\..*in its epoch/,
  );
  // Each run reports it until the epoch is over. The alarm is needed because clients only see that nothing is
  // issued.
  expect(await runSchedule(authority, NOW)).toEqual([problems[0]]);
});

test('N51 gateway: while the issuer is unreachable or refuses, signed bundles do not change', async () => {
  const { authority, store, after } = await afterLoss([]);
  const away = { ...authority, schedule: () => Promise.reject(new Error('away')) };
  expect(await runSchedule(away, NOW)).toEqual([]);
  expect(await store.bundles(TODAY, TODAY + 7)).toEqual(after);
});

test('N51 gateway: a coming bundle that a log has stays although the issuer lost its keys, and the operator is told', async () => {
  const store = memoryStores().keys;
  const { deps } = await testGateway({ store, schedule: losing([]) });
  const [logged] = await store.bundles(TODAY + 1, TODAY + 1);
  if (logged === undefined || logged.signature === null) throw new Error('the bundle is not signed');
  const { epochIndex, bundle, signature, signature1 } = logged;
  await store.sign({ epochIndex, bundle, signature, signature1, proof: 'proof' });
  const problems = await runSchedule({ ...deps.authority, schedule: losing([1, 2]) }, NOW);
  const [first, second] = await store.bundles(TODAY + 1, TODAY + 2);
  expect(first).toEqual({ ...logged, proof: 'proof' });
  expect(second?.signature).toBeNull();
  expect(problems[0]).toMatch(/^bundle \d+: names issuer keys that are lost, and clients or a log have it/);
});
