import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFile } from '@sotto/service/sqlite/file';
import { sql } from 'drizzle-orm';
import { afterAll, expect, test } from 'vitest';
import { ISSUER_FILE } from '../../src/node/ports.ts';
import { moveIssuer } from '../../src/postgres/move.ts';
import { DAY, redemption, World } from '../support/world.ts';
import { postgresWorld, processes } from './support.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-move-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
/** An issuer over a file, as it is before a move. */
function overFile() {
  const file = path.join(folder, `${files++}.sqlite`);
  const database = openFile(file, ISSUER_FILE);
  return { file, database, world: new World({ database }) };
}

test('move from SQLite: what was spent stays refused, what was not works once, and keys, quotas, counts and ceilings stay', async () => {
  const { file, database, world } = overFile();
  const [spentToken, once, unspent, later] = await world.draw(5);
  const call = { ...redemption(spentToken), call: new Uint8Array(8).fill(1) };
  expect(await world.outcomeOf(call)).toBe('first');
  const retried = redemption(once);
  expect(await world.outcomeOf(retried)).toBe('first');
  await world.issuer.runSchedule();
  const directory = await world.directory();
  const before = await world.issuer.deps.authority.snapshot();
  const revision = await world.issuer.deps.authority.revision();

  const [store, quotaStore = store] = await processes(2);
  expect(await moveIssuer(file, { store, quotaStore })).toEqual({
    keys: before.keys.length,
    spent: 2,
    quotas: 1,
  });
  // The old process still has the file open and the keys in memory.
  expect(await world.redeem(unspent)).toBe('invalid');
  database.close();
  expect(() => openFile(file, ISSUER_FILE)).toThrow('STORE: was moved to PostgreSQL');

  const moved = postgresWorld(store, { clock: world.clock });
  expect(await moved.directory()).toEqual(directory);
  expect(await moved.issuer.deps.authority.snapshot()).toEqual(before);
  expect(await moved.issuer.deps.authority.revision()).toBeGreaterThanOrEqual(revision);
  expect(await moved.redeem(spentToken)).toBe('spent');
  expect(await moved.outcomeOf(call)).toBe('first'); // the same call, whose response was lost during the move
  expect(await moved.outcomeOf({ ...retried, envelope: redemption(once).envelope })).toBe('again');
  expect(await moved.redeem(unspent)).toBe('first');
  expect(await moved.redeem(unspent)).toBe('spent');
  expect((await moved.issuer.deps.counters.totals())['redeemed first']).toBe(2);
  await expect(moved.draw(30)).rejects.toThrow('HTTP 429'); // 5 of the 30 were issued before
  await moved.draw(5);
  moved.clock.now += DAY;
  expect(await moved.redeem(later)).toBe('first');
  const [fresh] = await moved.draw(30);
  expect(await moved.redeem(fresh)).toBe('first');
});

test('move from SQLite: a second one into the same database is refused, and leaves its file as it was', async () => {
  const [store, quotaStore = store] = await processes(2);
  const first = overFile();
  const [token] = await first.world.draw(5);
  await moveIssuer(first.file, { store, quotaStore });
  const second = overFile();
  const [other] = await second.world.draw(5);
  await expect(moveIssuer(second.file, { store, quotaStore })).rejects.toThrow(
    'MOVE_FROM: must not be set any more: STORE has contents',
  );
  expect(await second.world.redeem(other)).toBe('first');
  await expect(moveIssuer(first.file, { store, quotaStore })).rejects.toThrow('MOVE_FROM');
  expect(await postgresWorld(store).redeem(token)).toBe('first');
});

test('move from SQLite: one that failed in the middle stored nothing, and may be repeated', async () => {
  const { file, world } = overFile();
  const [token] = await world.draw(5);
  const [broken] = await processes(1);
  await broken.db.execute(sql`drop table counters`);
  await expect(moveIssuer(file, { store: broken, quotaStore: broken })).rejects.toThrow('counters');
  const { rows } = (await broken.db.execute(sql`select * from issuer_state`)) as { rows: unknown[] };
  expect(rows).toEqual([]);
  const [store, quotaStore = store] = await processes(2);
  await moveIssuer(file, { store, quotaStore });
  expect(await postgresWorld(store).redeem(token)).toBe('first');
});

test('move from SQLite: a path without a file, a file of another program and one that is damaged are refused', async () => {
  const [store] = await processes(1);
  const move = (file: string) => moveIssuer(file, { store, quotaStore: store });
  await expect(move(path.join(folder, 'nothing.sqlite'))).rejects.toThrow(/^MOVE_FROM: must be a file that/);
  await expect(move(import.meta.filename)).rejects.toThrow(/^MOVE_FROM: /);
  const foreign = path.join(folder, 'foreign.sqlite');
  openFile(foreign, {
    ...ISSUER_FILE,
    applicationId: 7,
    migrations: { '1': 'create table a (b integer)' },
  }).close();
  await expect(move(foreign)).rejects.toThrow('MOVE_FROM: is a file of another program');
});
