import { ConfigError, type Variables } from '@sotto/service/config';
import {
  atStart,
  checkServer,
  Listener,
  migratePostgres,
  openPostgres,
  readPostgresSettings,
  readStoreRisks,
  type PostgresDeps,
  type PostgresSettings,
  type PostgresStore,
  type StoreRisk,
} from '@sotto/service/postgres';
import { StoreRevision } from '../store-revision.ts';
import type { IssuerDeps } from '../issuer.ts';
import type { ScheduleDeps } from '../schedule.ts';
import { acceptPromotion, serverGuard } from './lineage.ts';
import { MIGRATIONS } from './migrations.ts';
import { postgresPorts } from './ports.ts';
import { RETIRED_CHANNEL } from './key-store.ts';
import { watchKeys } from './watch.ts';

/** The dependencies of opening the issuer's databases. */
export interface OpenDeps extends Omit<ScheduleDeps, 'store'>, PostgresDeps {
  readonly variables: Variables;
  readonly readFile: (path: string) => string;
  readonly onStop: (step: () => void | Promise<void>) => void;
  readonly warn: (line: string) => void;
}

/** The issuer's ports, and a watch that tells this process when others retired the keys. */
export interface OpenedPostgres {
  readonly ports: Pick<IssuerDeps, 'authority' | 'quota' | 'spent' | 'counters' | 'log' | 'revision'>;
  /** To be called often. Calls back when keys in memory must not be used any more. */
  readonly watch: (onRetired: () => void) => () => Promise<void>;
}

const ONE_CLUSTER =
  'is missing, so quotas and spent tokens would share one PostgreSQL cluster, whose log orders them against each other. Set it to a database on another cluster, or STORE_RISKS=one-cluster';
const SAME_CLUSTER =
  'is on the cluster of STORE, whose log orders quotas and spent tokens against each other. Set it to a database on another cluster, or STORE_RISKS=one-cluster';

/** Opens the databases in STORE and QUOTA_STORE. @throws {ConfigError} */
export async function openPostgresIssuer(deps: OpenDeps): Promise<OpenedPostgres> {
  const { variables, readFile, onStop, warn } = deps;
  const risks = readStoreRisks(variables);
  const isOneCluster = risks.has('one-cluster');
  if (!variables.has('QUOTA_STORE') && !isOneCluster) throw new ConfigError('QUOTA_STORE', ONE_CLUSTER);
  const settings = readPostgresSettings(variables, 'STORE', readFile);
  const [store, cluster] = await openDatabase(deps, 'STORE', settings, risks);
  let quotaStore = store;
  if (variables.has('QUOTA_STORE')) {
    const quotaSettings = readPostgresSettings(variables, 'QUOTA_STORE', readFile);
    const [other, otherCluster] = await openDatabase(deps, 'QUOTA_STORE', quotaSettings, risks);
    if (otherCluster === cluster && !isOneCluster) throw new ConfigError('QUOTA_STORE', SAME_CLUSTER);
    quotaStore = other;
  }
  if (variables.has('MOVE_FROM')) {
    const { moveIssuer } = await import('./move.ts'); // which loads node:sqlite
    const path = variables.text('MOVE_FROM');
    const { keys, spent, quotas } = await atStart('STORE', () => moveIssuer(path, { store, quotaStore }));
    warn(`MOVE_FROM: moved ${keys} keys, ${spent} spent tokens and ${quotas} quotas. Remove MOVE_FROM now`);
  }
  if (variables.flag('PROMOTED')) await atStart('STORE', () => acceptPromotion(store));
  const guard = serverGuard(risks);
  const ports = postgresPorts({ ...deps, store, quotaStore, guard });
  return {
    ports: { ...ports, revision: new StoreRevision(() => ports.authority.revision()) },
    watch: (onRetired) => {
      const poll = watchKeys(store, guard, onRetired);
      const listener = new Listener(settings, RETIRED_CHANNEL, () => void poll());
      onStop(() => listener.close());
      return async () => {
        await Promise.all([listener.listen(), poll()]);
      };
    },
  };
}

async function openDatabase(
  { onStop, ...deps }: OpenDeps,
  name: 'STORE' | 'QUOTA_STORE',
  settings: PostgresSettings,
  risks: ReadonlySet<StoreRisk>,
): Promise<readonly [PostgresStore, string]> {
  const store = openPostgres(settings, deps);
  onStop(() => store.close());
  const cluster = await atStart(name, async () => {
    const found = await checkServer(store, name, risks);
    await migratePostgres(store, MIGRATIONS);
    return found;
  });
  return [store, cluster];
}
