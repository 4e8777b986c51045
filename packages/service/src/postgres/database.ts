import { drizzle } from 'drizzle-orm/node-postgres';
import type { PgAsyncDatabase } from 'drizzle-orm/pg-core';
import { Pool, type PoolConfig } from 'pg';
import { StoreError } from '../store.ts';
import { asStoreError, isRetryable } from './errors.ts';
import { GuardedClient } from './guarded-client.ts';
import type { PostgresSettings } from './settings.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- the type of results is the driver's own
/** A connection, or a transaction on one. */
export type PostgresDb = PgAsyncDatabase<any, any>;

/** The dependencies that the entry file chooses. */
export interface PostgresDeps {
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly deadline: (milliseconds: number) => AbortSignal;
}

/** A PostgreSQL database that any number of processes share. */
export interface PostgresStore {
  readonly db: PostgresDb;
  /**
   * Runs work that is safe to do twice. A failure of the connection or the server is tried again, three times within a
   * second, which bridges a restart of the server.
   *
   * Rejects with StoreError when the database failed or did not respond in time, otherwise with what the work threw. The
   * connection of work that takes too long is not cut: a commit that waits for its standby would become visible.
   */
  readonly run: <T>(work: (db: PostgresDb) => Promise<T>) => Promise<T>;
  /** The same in one transaction (READ COMMITTED): all of its statements take effect, or none. */
  readonly transact: <T>(work: (tx: PostgresDb) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

const CONNECTIONS = 4; // of one process. A connection whose commit waits for the standby stays in use
const CONNECT_MS = 1000;
const RESPONSE_MS = 3000; // for the caller, all attempts included
const PAUSES_MS = [100, 250, 600]; // before the second, third and fourth attempt
const LIFETIME_SECONDS = 3600; // of a connection, because it keeps prepared statements of ledgers that are gone

/** Settings of each session. A role or database may have others, and some of those would be unsafe. */
const SESSION: Readonly<Record<string, string>> = {
  synchronous_commit: 'on',
  default_transaction_isolation: 'read\\ committed',
  statement_timeout: '2000',
  lock_timeout: '1500',
  idle_in_transaction_session_timeout: '5000',
  client_min_messages: 'warning', // the guard of commits needs warnings
};

/** How to reach the database: for a pool, and for the connection that listens. */
export function connectionConfig(settings: PostgresSettings): PoolConfig {
  const { host, port, database, user, password, tls, schema } = settings;
  const session = schema === undefined ? SESSION : { ...SESSION, search_path: schema };
  return {
    host,
    port,
    database,
    user,
    password: async () => password ?? '', // as a function, so that no environment variable and no .pgpass takes its place
    ssl: tls,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
    application_name: 'sotto',
    options: Object.entries(session)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  };
}

/** Opens a pool. It connects at the first use. */
export function openPostgres(settings: PostgresSettings, { sleep, deadline }: PostgresDeps): PostgresStore {
  const pool = new Pool({
    ...connectionConfig(settings),
    Client: GuardedClient,
    max: settings.connections ?? CONNECTIONS,
    maxLifetimeSeconds: LIFETIME_SECONDS,
  });
  pool.on('error', () => {}); // an idle connection that breaks must not end the process
  const db = drizzle({ client: pool }) as unknown as PostgresDb;

  async function attempts<T>(work: () => Promise<T>, isLate: () => boolean): Promise<T> {
    for (const pause of PAUSES_MS) {
      try {
        return await work();
      } catch (error) {
        if (!isRetryable(error) || isLate()) throw error;
      }
      await sleep(pause);
    }
    return work();
  }

  async function run<T>(work: () => Promise<T>): Promise<T> {
    const late = deadline(RESPONSE_MS);
    try {
      return await before(
        late,
        attempts(work, () => late.aborted),
      );
    } catch (error) {
      throw asStoreError(error);
    }
  }

  return {
    db,
    run: (work) => run(() => work(db)),
    transact: (work) => run(() => db.transaction((tx) => work(tx as unknown as PostgresDb))),
    close: () => pool.end(),
  };
}

/** The result of the work, or StoreError once the deadline has passed. The work goes on. */
function before<T>(deadline: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const expire = (): void =>
      reject(new StoreError('busy', `the database did not respond within ${RESPONSE_MS} ms`));
    deadline.addEventListener('abort', expire, { once: true });
    work.then(resolve, reject).finally(() => deadline.removeEventListener('abort', expire));
  });
}
