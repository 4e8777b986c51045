import {
  migratePostgres,
  type PostgresSettings,
  type PostgresStore,
  type StoreRisk,
} from '@sotto/service/postgres';
import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { freshSchema, open } from '../../../../test/support/postgres-tests.ts';
import { byTokenType } from '../../src/issuer.ts';
import type { SpentTokens } from '../../src/ports.ts';
import { serverGuard } from '../../src/postgres/lineage.ts';
import { MIGRATIONS } from '../../src/postgres/migrations.ts';
import { postgresPorts } from '../../src/postgres/ports.ts';
import { createLedger, ledgerName } from '../../src/postgres/schema.ts';
import { watchKeys } from '../../src/postgres/watch.ts';
import { StoreRevision } from '../../src/store-revision.ts';
import { DAY, START, VOPRF, World, type WorldOptions } from '../support/world.ts';

export const ALONE: ReadonlySet<StoreRisk> = new Set(['no-synchronous-standby', 'one-cluster']);

/** Stores of several processes over one new schema with the issuer's tables. */
export async function processes(count: number): Promise<[PostgresStore, ...PostgresStore[]]> {
  return (await storesOf(await freshSchema(), count)) as [PostgresStore, ...PostgresStore[]];
}

export async function storesOf(settings: PostgresSettings, count: number): Promise<PostgresStore[]> {
  const stores = Array.from({ length: count }, () => open(settings));
  await Promise.all(stores.map((store) => migratePostgres(store, MIGRATIONS)));
  return stores;
}

export interface PostgresWorldOptions extends Pick<WorldOptions, 'clock' | 'settledNow' | 'vars'> {
  readonly quotaStore?: PostgresStore;
  readonly risks?: ReadonlySet<StoreRisk>;
}

/** A World whose issuer has its ports over PostgreSQL. */
export function postgresWorld(store: PostgresStore, options: PostgresWorldOptions = {}): World {
  const { quotaStore = store, risks = ALONE } = options;
  return new World({
    ...options,
    deps: ({ config, system, wrap }) => {
      const voprf = byTokenType(VOPRF);
      const ports = postgresPorts({
        config,
        system,
        wrap,
        voprf,
        store,
        quotaStore,
        guard: serverGuard(risks),
      });
      return { ...ports, revision: new StoreRevision(() => ports.authority.revision()) };
    },
  });
}

/**
 * Ledgers are made with their keys. The contract invents its keys, so each gets its ledger at the first
 * spend.
 */
export function withLedgers(store: PostgresStore, tokens: SpentTokens): SpentTokens {
  const made = new Map<string, Promise<unknown>>();
  return {
    async spend(ledger, spend) {
      const name = ledgerName(ledger.keyId);
      if (!made.has(name)) made.set(name, Promise.resolve(store.db.execute(sql.raw(createLedger(name)))));
      await made.get(name);
      return tokens.spend(ledger, spend);
    },
    close: (ledger) => tokens.close(ledger),
  };
}

/**
 * On another lineage everything is refused until the keys are retired, in processes that hold keys too.
 *
 * @param change - gives the store another lineage
 * @returns the outcome of redeeming a token of the next epoch
 */
export async function afterAnotherLineage(
  [store, other = store]: readonly [PostgresStore, ...PostgresStore[]],
  change: (store: PostgresStore) => Promise<unknown>,
): Promise<string> {
  const world = postgresWorld(store);
  const [spentToken, token] = await world.draw(5);
  expect(await world.redeem(spentToken)).toBe('first');
  const trusting = postgresWorld(other, { risks: new Set([...ALONE, 'unattended-promotion']) });
  let retirements = 0;
  const poll = watchKeys(store, serverGuard(ALONE), () => retirements++);
  await poll();
  await change(store);

  for (const one of [token, spentToken]) expect(await world.redeem(one)).toBe('unavailable');
  await expect(postgresWorld(store).issuer.deps.authority.snapshot()).rejects.toThrow(/promoted or restored/);
  await poll();
  expect(retirements).toBe(1); // so that issuing stops within a second, too
  world.issuer.forgetKeys();
  expect((await world.fetch('/.well-known/private-token-issuer-directory')).status).toBe(503);
  // An issuer that accepts promotions without an operator continues, and spent tokens stay spent.
  expect(await trusting.redeem(spentToken)).toBe('spent');

  expect(await world.issuer.retireAll()).toBe(3);
  expect(await world.redeem(token)).toBe('invalid');
  world.clock.now = START + DAY;
  const [fresh] = await world.draw(5);
  return world.redeem(fresh);
}
