import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresStore } from '@sotto/service/postgres';
import { Client } from 'pg';
import type { TestServer } from '../../../../test/support/postgres.ts';
import { settingsOf } from '../../../../test/support/postgres-tests.ts';
import type { Ledger, Spend } from '../../src/ports.ts';
import { random } from '../support/wallet.ts';
import { DAY, START, type World } from '../support/world.ts';
import { storesOf } from './support.ts';

/** Repeats a read until its value is as expected. */
export async function until<T>(look: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look();
    if (isThere(value)) return value;
    await sleep(10);
  }
}

export const oneSpend = (more: Partial<Spend> = {}): Spend => ({
  id: random(32),
  tag: random(32),
  envelope: random(32),
  call: random(8),
  idempotent: true,
  ...more,
});

/** The ledger of a key that the issuer has. */
export async function ledgerOf({ issuer }: World, epoch = START): Promise<Ledger> {
  const { keys } = await issuer.deps.authority.snapshot();
  const key = keys.find((one) => one.epoch === epoch);
  if (key === undefined) throw new Error('no key');
  return { keyId: key.keyId, shards: 1, end: epoch + 2 * DAY };
}

/** Runs statements of an administrator, whose own commits wait for no standby. Returns the rows of the last one. */
export async function asAdmin<T>(
  { url }: Pick<TestServer, 'url'>,
  ...statements: readonly string[]
): Promise<T[]> {
  const client = new Client({ connectionString: url, options: '-c synchronous_commit=off' });
  client.on('error', () => {});
  await client.connect();
  try {
    let rows: unknown[] = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows as T[];
  } finally {
    await client.end();
  }
}

/** Names the synchronous standbys of a running server. */
export async function setStandbys(server: TestServer, names: string): Promise<void> {
  await asAdmin(server, `alter system set synchronous_standby_names = '${names}'`, 'select pg_reload_conf()');
  const show = () =>
    asAdmin<{ names: string }>(server, `select current_setting('synchronous_standby_names') as names`);
  await until(show, ([row]) => row?.names === names);
}

/** Stores of several processes over a new schema with the issuer's tables. */
export async function openSchema(
  server: TestServer,
  count: number,
): Promise<[PostgresStore, ...PostgresStore[]]> {
  const schema = `s${crypto.randomUUID().replaceAll('-', '')}`;
  await asAdmin(server, `create schema ${schema}`);
  return (await storesOf(settingsOf(server.url, { schema }), count)) as [PostgresStore, ...PostgresStore[]];
}
