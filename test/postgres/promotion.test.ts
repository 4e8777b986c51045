import { afterEach, expect, test } from 'vitest';
import { acceptPromotion } from '../../services/issuer/src/postgres/lineage.ts';
import { asAdmin, ledgerOf, oneSpend } from '../../services/issuer/test/postgres/server.ts';
import { ALONE, postgresWorld, storesOf } from '../../services/issuer/test/postgres/support.ts';
import type { Ledger, Spend, SpentTokens } from '../../services/issuer/src/ports.ts';
import type { StoreRisk } from '@sotto/service/postgres';
import { random } from '../../services/issuer/test/support/wallet.ts';
import { startPostgres, type TestServer } from '../support/postgres.ts';
import { settingsOf } from '../support/postgres-tests.ts';
import { lead, promote, standbyOf, type Lead } from './pair.ts';

const FAILOVERS = 3;
const LOOPS = 16; // calls at once
const BEFORE = 300; // acknowledged spends before the primary fails

let open: { remove?: () => Promise<void>; close?: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open) await (one.remove?.() ?? one.close?.());
  open = [];
});

interface Load {
  /** Spends that were told `first`, in their order. */
  readonly acknowledged: Spend[];
  stop(): Promise<void>;
}

/** Spends new tokens all the time. A call that fails is given up. */
function spendAll(tokens: SpentTokens, ledger: Ledger): Load {
  const acknowledged: Spend[] = [];
  const state = { isRunning: true };
  const loops = Array.from({ length: LOOPS }, async () => {
    while (state.isRunning) {
      const one = oneSpend();
      const outcome = await tokens.spend(ledger, one).catch(() => 'failed');
      if (outcome === 'first') acknowledged.push(one);
    }
  });
  return {
    acknowledged,
    stop: async () => {
      state.isRunning = false;
      await Promise.all(loops);
    },
  };
}

async function reach(load: Load, count: number): Promise<void> {
  while (load.acknowledged.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Another request with each of these tokens, which must be told that it was spent. */
function spendWithOtherTag(tokens: SpentTokens, ledger: Ledger, spends: readonly Spend[]): Promise<string[]> {
  const other = (one: Spend): Spend => ({ ...one, tag: random(32), envelope: random(32), call: random(8) });
  return Promise.all(spends.map((one) => tokens.spend(ledger, other(one))));
}

/** A primary with a standby that is synchronous or not, and an issuer's ports by way of an address that can be led over. */
async function pair(
  synchronous: boolean,
): Promise<{ primary: TestServer; standby: TestServer; address: Lead }> {
  const settings = { synchronous_standby_names: synchronous ? '*' : '' };
  const primary = await startPostgres();
  open.push(primary);
  const standby = await standbyOf(primary, {});
  open.push(standby);
  await asAdmin(
    primary,
    `alter system set synchronous_standby_names = '${settings.synchronous_standby_names}'`,
  );
  await asAdmin(primary, 'select pg_reload_conf()');
  const address = await lead(primary.port);
  open.push(address);
  return { primary, standby, address };
}

test(`promotion of a synchronous standby under load, ${FAILOVERS} times: nothing acknowledged is lost or spent twice`, async () => {
  for (let round = 0; round < FAILOVERS; round++) {
    const { primary, standby, address } = await pair(true);
    // The standby that is promoted has none of its own, so the risk is accepted here.
    const [store] = await storesOf(settingsOf(address.url), 1);
    if (store === undefined) throw new Error('no store');
    const world = postgresWorld(store, { risks: ALONE });
    const ledger = await ledgerOf(world);
    const { spent } = world.issuer.deps;
    const load = spendAll(spent, ledger);
    await reach(load, BEFORE);
    await primary.stop('immediate');
    await promote(standby);
    address.to(standby.port);
    await asAdmin(standby, `alter system set synchronous_standby_names = ''`, 'select pg_reload_conf()');
    const before = [...load.acknowledged];
    await acceptPromotion(store);
    await reach(load, before.length + BEFORE);
    await load.stop();
    const outcomes = await spendWithOtherTag(spent, ledger, load.acknowledged);
    expect(outcomes.filter((outcome) => outcome !== 'spent')).toEqual([]); // 0 lost, so none is spent twice
    expect(before.length).toBeGreaterThanOrEqual(BEFORE);
    await Promise.all([primary.remove(), standby.remove(), address.close()]);
    open = [];
  }
});

test('promotion of an asynchronous standby under load: everything is refused until the keys are retired', async () => {
  const { primary, standby, address } = await pair(false);
  const [store] = await storesOf(settingsOf(address.url), 1);
  if (store === undefined) throw new Error('no store');
  const risks = new Set<StoreRisk>(['one-cluster', 'no-synchronous-standby']);
  const world = postgresWorld(store, { risks });
  const ledger = await ledgerOf(world);
  const { spent, authority } = world.issuer.deps;
  const load = spendAll(spent, ledger);
  await reach(load, BEFORE);
  await primary.stop('immediate');
  await promote(standby);
  address.to(standby.port);
  const before = load.acknowledged.length;
  const told: string[] = [];
  for (let i = 0; i < 100; i++) {
    told.push(await spent.spend(ledger, oneSpend()).catch((error: Error) => error.message));
  }
  expect(told.filter((one) => one === 'first')).toEqual([]);
  // The others found a connection that was cut.
  expect(told.filter((one) => /promoted or restored/.test(one)).length).toBeGreaterThan(90);
  await expect(authority.snapshot()).rejects.toThrow(/promoted or restored/);
  await load.stop();
  // Either acknowledged on the old primary after the count, or not at all; none on the promoted server.
  expect(load.acknowledged.length).toBe(before);
  expect(await world.issuer.retireAll()).toBe(3);
  expect(new Set(await spendWithOtherTag(spent, ledger, load.acknowledged))).toEqual(new Set(['ended']));
});
