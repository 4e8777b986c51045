import { sql, type SQL } from 'drizzle-orm';
import { ConfigError } from '../config/error.ts';
import { NewerSchemaError } from '../migrations.ts';
import type { PostgresDb, PostgresStore } from './database.ts';
import { codeOf } from './errors.ts';
import type { StoreRisk } from './settings.ts';

/**
 * Which cluster this is, and after how many promotions and restores: `<system identifier>/<timeline>`. It fails on a standby,
 * which does not have its own timeline.
 */
export const LINEAGE: SQL<string> = sql<string>`(select system_identifier::text || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) from pg_control_system())`;

/** The cluster alone, which a promotion does not change. */
export const CLUSTER: SQL<string> = sql<string>`(select system_identifier::text from pg_control_system())`;

interface ServerState {
  readonly version: number;
  readonly standby: boolean;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly track_commit_timestamp: string;
  readonly synchronous: string;
  readonly cluster: string;
}

const MIN_VERSION = 150_000; // 15

/**
 * Refuses a server on which acknowledged rows can be lost, unless the operator accepts that by name. Returns the cluster's
 * identifier.
 *
 * @throws {ConfigError}
 */
export async function checkServer(
  { run }: PostgresStore,
  name: 'STORE' | 'QUOTA_STORE',
  risks: ReadonlySet<StoreRisk>,
): Promise<string> {
  const state = await run(readServer);
  const fail = (remedy: string): never => {
    throw new ConfigError(name, remedy);
  };
  if (state.version < MIN_VERSION) fail('is a PostgreSQL older than 15. Upgrade it');
  if (state.standby) fail('is a standby, which takes no writes. Name the address that leads to the primary');
  if (state.fsync === 'off') fail('has fsync = off, so a crash loses what was acknowledged. Set fsync = on');
  if (state.full_page_writes === 'off') {
    fail('has full_page_writes = off, so a crash may damage tables. Set full_page_writes = on');
  }
  if (state.track_commit_timestamp === 'on') {
    fail(
      'has track_commit_timestamp = on, which keeps the time of each row. Set track_commit_timestamp = off',
    );
  }
  if (state.synchronous.trim() === '' && !risks.has('no-synchronous-standby')) {
    fail(
      'has no synchronous standby, so losing its machine loses acknowledged rows. Set synchronous_standby_names, or STORE_RISKS=no-synchronous-standby',
    );
  }
  return state.cluster;
}

async function readServer(db: PostgresDb): Promise<ServerState> {
  const setting = (name: string): SQL => sql`current_setting(${name})`;
  const { rows } = (await db.execute(sql`select
    current_setting('server_version_num')::integer as version, pg_is_in_recovery() as standby,
    ${setting('fsync')} as fsync, ${setting('full_page_writes')} as full_page_writes,
    ${setting('track_commit_timestamp')} as track_commit_timestamp,
    ${setting('synchronous_standby_names')} as synchronous, ${CLUSTER} as cluster`)) as {
    rows: ServerState[];
  };
  return rows[0] as ServerState;
}

const REMEDIES: Readonly<Record<string, string>> = {
  '28P01': 'refuses the password',
  '28000': 'refuses this user or needs TLS: see pg_hba.conf',
  '3D000': 'has no such database. Create it',
  '42501': 'does not let this user create tables. Grant CREATE on the schema',
  ENOTFOUND: 'names a host that is not known',
  ECONNREFUSED: 'names a host and port where nothing listens',
};

/**
 * Runs the first work of a start with a database. A failure becomes one line with cause and remedy, without a
 * secret.
 */
export async function atStart<T>(name: 'STORE' | 'QUOTA_STORE', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof NewerSchemaError) {
      throw new ConfigError(
        name,
        'was written by a newer version. Run that version, or restore an older backup',
      );
    }
    const code = codeOf((error as Error).cause) || codeOf(error);
    const remedy = REMEDIES[code] ?? 'is a database that does not respond as expected';
    throw new ConfigError(name, `${remedy} (${code || (error as Error).message})`, { cause: error });
  }
}
