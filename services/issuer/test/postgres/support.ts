import {
  migratePostgres,
  type PostgresSettings,
  type PostgresStore,
  type StoreRisk,
} from '@sotto/service/postgres';
import { sql } from 'drizzle-orm';
import { freshSchema, open } from '../../../../test/support/postgres-tests.ts';
import { byTokenType } from '../../src/issuer.ts';
import type { SpentTokens } from '../../src/ports.ts';
import { serverGuard } from '../../src/postgres/lineage.ts';
import { MIGRATIONS } from '../../src/postgres/migrations.ts';
import { postgresPorts } from '../../src/postgres/ports.ts';
import { createLedger, ledgerName } from '../../src/postgres/schema.ts';
import { StoreRevision } from '../../src/store-revision.ts';
import { VOPRF, World, type WorldOptions } from '../support/world.ts';

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

/** Ledgers come with their keys; the contract makes up its keys, so that each gets its ledger at the first spend. */
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
