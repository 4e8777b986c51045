import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  migratePostgres,
  openPostgres,
  type PostgresSettings,
  type PostgresStore,
} from '@sotto/service/postgres';
import { base64url, hex } from '@sotto/wire';
import { sql } from 'drizzle-orm';
import { LINEAGE } from '../../packages/service/src/postgres/server.ts';
import { MIGRATIONS } from '../../services/issuer/src/postgres/migrations.ts';
import { createLedger, ledgerName } from '../../services/issuer/src/postgres/schema.ts';
import { NO_POSTGRES, startPostgres } from '../support/postgres.ts';
import type { Order, Spent } from './store-child.ts';

const CALLS = 64; // at once, over all processes
const CHUNK = 200_000; // rows of a large ledger in one INSERT
const CHILD = path.join(import.meta.dirname, 'store-child.ts');

/** Spends per second of several processes over one store. */
export interface StoreFigures {
  readonly store: 'PostgreSQL' | 'SQLite';
  readonly processes: number;
  readonly perSecond: number;
  readonly p50: number; // milliseconds
  readonly p99: number;
  readonly failed: number;
  readonly cpuMsPerSpend: number; // of Node alone
  readonly peakMb: number; // of one process
}

export interface StoresOptions {
  readonly seconds: number; // of each figure
  readonly rows: number; // of the large ledger; 0 for none
  readonly print: (line: string) => void;
}

/**
 * Compares spends in PostgreSQL and in SQLite with 1, 2 and 4 processes in the same run, and fills and drops a large ledger.
 * Returns the figures; a call that failed over PostgreSQL is a fault.
 */
export async function compareStores({
  seconds,
  rows,
  print,
}: StoresOptions): Promise<readonly StoreFigures[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-stores-'));
  const { settings, store, remove } = await ownDatabase();
  const figures: StoreFigures[] = [];
  const measure = async (engine: StoreFigures['store'], processes: number, note = ''): Promise<void> => {
    const keyId = crypto.getRandomValues(new Uint8Array(32));
    if (engine === 'PostgreSQL') await store.db.execute(sql.raw(createLedger(ledgerName(keyId))));
    const of = engine === 'PostgreSQL' ? settings : path.join(folder, `${hex(keyId.subarray(0, 4))}.sqlite`);
    const one = await spendWith(engine, of, keyId, processes, seconds);
    figures.push(one);
    print(`${note}${line(one)}`);
  };
  for (const processes of [1, 2, 4]) {
    await measure('PostgreSQL', processes);
    await measure('SQLite', processes);
  }
  if (rows > 0) figures.push(...(await largeLedger(settings, store, { seconds, rows, print })));
  await remove();
  rmSync(folder, { recursive: true, force: true });
  return figures;
}

/** Fills a ledger with rows, spends in it, and drops it while another process spends in another ledger. */
async function largeLedger(
  settings: PostgresSettings,
  store: PostgresStore,
  { seconds, rows, print }: StoresOptions,
): Promise<StoreFigures[]> {
  const ledger = async () => {
    const keyId = crypto.getRandomValues(new Uint8Array(32));
    const name = ledgerName(keyId);
    await store.db.execute(sql.raw(createLedger(name)));
    return { name, spend: () => spendWith('PostgreSQL', settings, keyId, 1, seconds) };
  };
  const secondsOf = async (work: () => Promise<unknown>): Promise<string> => {
    const began = performance.now();
    await work();
    return ((performance.now() - began) / 1000).toFixed(2);
  };
  const [large, other] = [await ledger(), await ledger()];
  print(`filling a ledger with ${rows} rows: ${await secondsOf(() => fill(store, large.name, rows))} s`);
  const size = sql.raw(`select pg_total_relation_size('${large.name}')::float8 as bytes`);
  const [{ bytes = 0 } = {}] = ((await store.db.execute(size)) as { rows: { bytes?: number }[] }).rows;
  print(`its size: ${(bytes / 1e9).toFixed(2)} GB, ${(bytes / rows).toFixed(0)} bytes a row`);
  const within = await large.spend();
  print(`in the ledger of ${rows} rows: ${line(within)}`);
  const before = await other.spend();
  print(`in an empty ledger beside it: ${line(before)}`);
  const whileDropped = other.spend();
  await sleep(seconds * 200); // the spends are under way
  const drop = (): Promise<unknown> =>
    store.db.transaction(async (tx) => {
      await tx.execute(sql`set local statement_timeout = 0`);
      await tx.execute(sql.raw(`drop table ${large.name}`));
    });
  print(`dropping the ledger of ${rows} rows: ${await secondsOf(drop)} s`);
  const meanwhile = await whileDropped;
  print(`beside it, meanwhile: ${line(meanwhile)}`);
  return [within, before, meanwhile];
}

/** Its own PostgreSQL server with the issuer's tables. */
async function ownDatabase(): Promise<{
  readonly settings: PostgresSettings;
  readonly store: PostgresStore;
  readonly remove: () => Promise<void>;
}> {
  if (NO_POSTGRES !== null) throw new Error(NO_POSTGRES);
  const server = await startPostgres({
    settings: { shared_buffers: '256MB', max_wal_size: '4GB', checkpoint_timeout: '15min', autovacuum: 'on' },
  });
  const settings: PostgresSettings = {
    host: '127.0.0.1',
    port: server.port,
    user: 'sotto',
    database: 'postgres',
    password: null,
    tls: false,
  };
  const store = openPostgres(settings, {
    sleep: async (milliseconds) => sleep(milliseconds),
    deadline: () => new AbortController().signal,
  });
  await migratePostgres(store, MIGRATIONS);
  await store.db.execute(
    sql`insert into issuer_state values (1, 0, 0, -1, 86400, null, null, 0, ${LINEAGE})`,
  );
  const remove = async (): Promise<void> => {
    await store.close();
    await server.remove();
  };
  return { settings, store, remove };
}

/** Spends per second of 1, 2, … processes over one PostgreSQL. */
export async function* spendsOverPostgres(
  counts: readonly number[],
  seconds: number,
): AsyncGenerator<StoreFigures> {
  const { settings, store, remove } = await ownDatabase();
  try {
    for (const processes of counts) {
      const keyId = crypto.getRandomValues(new Uint8Array(32));
      await store.db.execute(sql.raw(createLedger(ledgerName(keyId))));
      yield await spendWith('PostgreSQL', settings, keyId, processes, seconds);
    }
  } finally {
    await remove();
  }
}

/** Rows as random digests, as those of tokens are. */
async function fill(store: PostgresStore, name: string, rows: number): Promise<void> {
  for (let from = 0; from < rows; from += CHUNK) {
    const to = Math.min(rows, from + CHUNK) - 1;
    const digest = (salt: string): string => `sha256(('${salt}' || i)::bytea)`;
    await store.db.transaction(async (tx) => {
      await tx.execute(sql`set local statement_timeout = 0`);
      await tx.execute(
        sql.raw(
          `insert into ${name} select ${digest('id')}, ${digest('tag')}, ${digest('e')} || '\\x0102030405060708'::bytea, null, null from generate_series(${from}, ${to}) as i`,
        ),
      );
    });
  }
}

async function spendWith(
  engine: StoreFigures['store'],
  store: Order['store'],
  keyId: Uint8Array<ArrayBuffer>,
  processes: number,
  seconds: number,
): Promise<StoreFigures> {
  const order: Order = { store, keyId: base64url(keyId), calls: CALLS / processes, seconds };
  const children: ChildProcess[] = [];
  for (let i = 0; i < processes; i++) {
    const child = fork(CHILD, [JSON.stringify(order)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await once(child, 'message'); // one after another: opening a file locks it for a moment
    children.push(child);
  }
  const all = await Promise.all(
    children.map(async (child) => {
      child.send('go');
      const [spent] = (await once(child, 'message')) as [Spent];
      return spent;
    }),
  );
  const spent = all.reduce((sum, one) => sum + one.spent, 0);
  const millis = all.flatMap((one) => one.millis).toSorted((a, b) => a - b);
  return {
    store: engine,
    processes,
    perSecond: Math.round(spent / seconds),
    p50: millis[Math.floor(millis.length * 0.5)] ?? 0,
    p99: millis[Math.floor(millis.length * 0.99)] ?? 0,
    failed: all.reduce((sum, one) => sum + one.failed, 0),
    cpuMsPerSpend: all.reduce((sum, one) => sum + one.cpuMs, 0) / Math.max(1, spent),
    peakMb: Math.max(...all.map((one) => one.peakMb)),
  };
}

const line = ({
  store,
  processes,
  perSecond,
  p50,
  p99,
  failed,
  cpuMsPerSpend,
  peakMb,
}: StoreFigures): string =>
  `${store}, ${processes} process${processes === 1 ? '' : 'es'}: ${perSecond} spends/s, ${p50.toFixed(1)} ms (p50), ${p99.toFixed(1)} ms (p99), ${failed} failed, ${cpuMsPerSpend.toFixed(3)} ms of CPU each, ${peakMb.toFixed(0)} MB`;
