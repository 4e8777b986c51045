import { postgresOperatorStores, type PostgresStore } from '@sotto/service/postgres';
import { monotonicClock, type UnixSeconds } from '@sotto/wire';
import type { IssuerDeps } from '../issuer.ts';
import { lastQuotaEpoch } from '../quota-end.ts';
import type { KeyAuthority } from '../ports.ts';
import { Schedule, type ScheduleDeps } from '../schedule.ts';
import { postgresKeyStore } from './key-store.ts';
import type { ServerGuard } from './lineage.ts';
import { endQuotas, postgresQuota, quotaEpochs } from './quota.ts';
import { postgresSpentTokens } from './spent.ts';

export interface PostgresPortsDeps extends Omit<ScheduleDeps, 'store'> {
  readonly store: PostgresStore;
  readonly quotaStore: PostgresStore;
  readonly guard: ServerGuard;
}

/** The issuer's ports over databases that any number of processes share. */
export function postgresPorts(
  deps: PostgresPortsDeps,
): Pick<IssuerDeps, 'authority' | 'quota' | 'spent' | 'counters' | 'log'> {
  const { config, system, store, quotaStore, guard } = deps;
  const { epochSeconds } = config;
  const clock = monotonicClock(system.now);
  const isOver = (epoch: UnixSeconds): boolean => epoch <= lastQuotaEpoch(clock(), epochSeconds);
  return {
    authority: postgresKeys(deps),
    quota: postgresQuota(quotaStore, isOver),
    spent: postgresSpentTokens(store, { now: system.now, guard }),
    ...postgresOperatorStores(store),
  };
}

function postgresKeys(deps: PostgresPortsDeps): KeyAuthority {
  const { config, quotaStore } = deps;
  const { epochSeconds } = config;
  return new Schedule({
    ...deps,
    store: postgresKeyStore({ ...deps, epochSeconds }),
    dropOver: (settled) => dropOver(quotaStore, lastQuotaEpoch(settled, epochSeconds)),
  });
}

/** Drops the quotas of epochs that are over. One that is being dumped is dropped by a later run. */
async function dropOver(store: PostgresStore, through: UnixSeconds): Promise<void> {
  const epochs = await store.run(quotaEpochs);
  if (!epochs.some((epoch) => epoch <= through)) return;
  await store.transact((tx) => endQuotas(tx, through)).catch(() => {});
}
