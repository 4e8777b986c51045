import { openFile } from '@sotto/service/sqlite/file';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ISSUER_FILE } from '../src/node/ports.ts';
import { DAY, START, World } from './support/world.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-clock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Two processes on one file, each with a clock of its own. The first has issued and redeemed 20 tokens. */
async function twoProcesses(name: string, settledNow?: () => number | null) {
  const open = () => openFile(path.join(folder, `${name}.sqlite`), ISSUER_FILE);
  const right = new World({
    database: open(),
    clock: { now: START + 1000 },
    ...(settledNow && { settledNow }),
  });
  const tokens = await right.draw(30);
  const spent = tokens.slice(0, 20);
  for (const token of spent) expect(await right.redeem(token)).toBe('first');
  const wrong = new World({
    database: open(),
    clock: { now: START + 1000 + 3 * DAY },
    ...(settledNow && { settledNow }),
  });
  const close = (): void => {
    right.database.close();
    wrong.database.close();
  };
  return { right, wrong, tokens, spent, close };
}

test('N55 ledger: after another process with a clock three days ahead deleted it, no spent token is first again', async () => {
  const { right, wrong, tokens, spent, close } = await twoProcesses('ahead');
  await wrong.issuer.runSchedule();
  expect(await wrong.redeem(tokens[25])).toBe('invalid');
  expect(right.spentRows()).toBe(0); // the rows are gone, and the ledger stays closed
  const outcomes = await Promise.all(spent.map((token) => right.redeem(token)));
  expect(new Set(outcomes)).toEqual(new Set(['invalid']));
  const later = new World({ database: right.database, clock: right.clock });
  for (const token of spent) expect(await later.redeem(token)).not.toBe('first');
  close();
});

test('N55 schedule: a clock that is ahead deletes nothing and moves no epoch before it has settled', async () => {
  const { right, wrong, tokens, spent, close } = await twoProcesses('unsettled', () => START + 1000);
  const directory = await right.directory();
  await wrong.issuer.runSchedule();
  await wrong.redeem(tokens[25]);
  await right.issuer.runSchedule();
  expect(await right.directory()).toEqual(directory);
  for (const token of spent) expect(await right.redeem(token)).toBe('spent');
  expect(await right.redeem(tokens[26])).toBe('first');
  expect(await right.draw(5, { account: 'bob' })).toHaveLength(5);
  close();
});

test('N55 schedule: before any clock has settled, an empty store begins at once, and a started one makes the current keys', async () => {
  const settled = { now: null as number | null };
  const world = new World({ settledNow: () => settled.now });
  expect(await world.draw(5)).toHaveLength(5);
  const epochs = (): number[] =>
    world.database.db
      .all<{ epoch: number }>('select distinct epoch from issuer_keys')
      .map(({ epoch }) => epoch);
  world.clock.now = START + 20 * DAY;
  expect(await world.draw(5)).toHaveLength(5);
  expect(epochs()).toContain(START);
  settled.now = world.clock.now;
  await world.issuer.runSchedule();
  expect(Math.min(...epochs())).toBe(START + 20 * DAY);
});

test('N24 schedule: after a clock was ahead for a while, a restart serves the current epoch, and spent tokens stay spent', async () => {
  for (const days of [1, 30]) {
    const settledNow = (): number => START + 1000;
    const world = new World({ settledNow });
    const directory = await world.directory();
    const tokens = await world.draw(5);
    expect(await world.redeem(tokens[0])).toBe('first');
    world.clock.now += days * DAY;
    await world.issuer.runSchedule();
    expect(await world.draw(5, { account: 'bob' })).toHaveLength(5);
    world.clock.now -= days * DAY;
    const restarted = new World({ database: world.database, clock: world.clock, settledNow });
    expect(await restarted.directory()).toEqual(directory);
    expect(await restarted.redeem(tokens[0])).toBe('spent');
    expect(await restarted.redeem(tokens[1])).toBe('first');
    expect(await restarted.draw(5, { account: 'eve' })).toHaveLength(5);
  }
});
