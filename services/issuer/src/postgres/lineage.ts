import { ConfigError } from '@sotto/service/config';
import { CLUSTER, LINEAGE, type PostgresStore, type StoreRisk } from '@sotto/service/postgres';
import { StoreError } from '@sotto/service/store';
import { sql, type SQL } from 'drizzle-orm';
import { issuerState } from './schema.ts';

/** The error for a database that was promoted or restored. */
export const OTHER_LINEAGE =
  'STORE: the database was promoted or restored since its keys were made, so tokens that were spent could be spent again. Start once with RESTORED=1, or call retire-all; if its synchronous standby was promoted, start once with PROMOTED=1 (specs/storage.md, “A failover”)';
const NO_STANDBY =
  'STORE: the database has no synchronous standby any more, so nothing is redeemed. Set synchronous_standby_names again';

/** The conditions on the server for redeeming a token or using a key, each as an SQL expression. */
export interface ServerGuard {
  /** The server is the one on which the keys were made or last retired. */
  readonly isSameLineage: SQL<boolean>;
  /** A commit waits for a standby, unless the operator accepted the risk. */
  readonly hasStandby: SQL<boolean>;
}

export function serverGuard(risks: ReadonlySet<StoreRisk>): ServerGuard {
  const stored = sql`(select lineage from issuer_state where id = 1)`;
  return {
    isSameLineage: risks.has('unattended-promotion')
      ? sql<boolean>`(split_part(${stored}, '/', 1) = ${CLUSTER})`
      : sql<boolean>`(${stored} = ${LINEAGE})`,
    hasStandby: risks.has('no-synchronous-standby')
      ? sql<boolean>`true`
      : sql<boolean>`(current_setting('synchronous_standby_names') <> '')`,
  };
}

/** @throws {StoreError} `failed`, with the remedy */
export function requireSound(state: { readonly isSameLineage: boolean; readonly hasStandby: boolean }): void {
  if (!state.isSameLineage) throw new StoreError('failed', OTHER_LINEAGE);
  if (!state.hasStandby) throw new StoreError('failed', NO_STANDBY);
}

/**
 * Continues with the keys after the synchronous standby was promoted. Only the operator knows that it was
 * that standby.
 *
 * @throws {ConfigError} for a database of another cluster: a promotion does not change the cluster, a restore of a dump does
 */
export async function acceptPromotion({ transact }: PostgresStore): Promise<void> {
  await transact(async (tx) => {
    const isSameCluster = sql<boolean>`(split_part(${issuerState.lineage}, '/', 1) = ${CLUSTER})`;
    const [state] = await tx.select({ isSameCluster }).from(issuerState).for('update');
    if (state === undefined) return; // a new database
    if (!state.isSameCluster) {
      throw new ConfigError(
        'PROMOTED',
        'does not hold: STORE is on another cluster. Start once with RESTORED=1',
      );
    }
    await tx.update(issuerState).set({ lineage: LINEAGE as never });
  });
}
