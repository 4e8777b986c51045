import { expect, test } from 'vitest';
import { inTurn } from '../../../../test/support/postgres-tests.ts';
import { authorityViolations } from '../support/authority-contract.ts';
import { quotaViolations } from '../support/quota-contract.ts';
import { spentTokensViolations } from '../support/spent-contract.ts';
import { DAY, START } from '../support/world.ts';
import { postgresWorld, processes, withLedgers } from './support.ts';

test('S05 S06 SpentTokens on PostgreSQL: meets the contract with one process', async () => {
  const [store] = await processes(1);
  if (store === undefined) return;
  const { issuer } = postgresWorld(store);
  await issuer.runSchedule(); // makes the state row, which every spend reads
  const { spent, system } = issuer.deps;
  expect(await spentTokensViolations(withLedgers(store, spent), system.now() + DAY)).toEqual([]);
});

test('S05 S07 SpentTokens on PostgreSQL: meets the contract with four processes in turn', async () => {
  const stores = await processes(4);
  await postgresWorld(stores[0]).issuer.runSchedule();
  const tokens = inTurn(stores.map((store) => postgresWorld(store).issuer.deps.spent));
  expect(await spentTokensViolations(withLedgers(stores[0], tokens), START + DAY)).toEqual([]);
});

test('I09 I11 quota on PostgreSQL: meets the contract with four processes in turn', async () => {
  const worlds = (await processes(4)).map((store) => postgresWorld(store).issuer);
  await worlds[0]?.runSchedule();
  expect(await quotaViolations(inTurn(worlds.map(({ deps }) => deps.quota)), START, START - 2 * DAY)).toEqual(
    [],
  );
});

test('I15 I17 key authority on PostgreSQL: meets the contract with four processes', async () => {
  const worlds = (await processes(4)).map((store) => postgresWorld(store).issuer);
  const authorities = worlds.map(({ deps }) => deps.authority);
  const ceiling = worlds[0]?.deps.config.services[0]?.ceiling ?? 0;
  expect(await authorityViolations(authorities, { keysOfEpoch: 3, ceiling })).toEqual([]);
});
