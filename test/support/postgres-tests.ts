// Set-up of each test file of the project `postgres`.
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgres, type PostgresSettings, type PostgresStore } from '@sotto/service/postgres';
import { sql } from 'drizzle-orm';
import { afterAll, beforeEach, inject } from 'vitest';
import { NO_POSTGRES } from './postgres.ts';

beforeEach((context) => {
  if (NO_POSTGRES !== null) context.skip(NO_POSTGRES);
});

const stores: PostgresStore[] = [];
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
});

/** How to reach a test server. */
export function settingsOf(url: string, more: Partial<PostgresSettings> = {}): PostgresSettings {
  const { hostname, port, username, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    user: username,
    database: pathname.slice(1),
    password: null,
    tls: false,
    ...more,
  };
}

const deps = {
  sleep: async (milliseconds: number) => sleep(milliseconds),
  deadline: (milliseconds: number) => AbortSignal.timeout(20 * milliseconds), // a busy machine is not a failure
};

/** Opens a store that is closed after the file's tests. */
export function open(settings: PostgresSettings): PostgresStore {
  const store = openPostgres(settings, deps);
  stores.push(store);
  return store;
}

/** How to reach an empty schema of the run's server. */
export async function freshSchema(): Promise<PostgresSettings> {
  const url = inject('postgres');
  if (url === null) throw new Error(NO_POSTGRES ?? 'no server');
  const schema = `s${crypto.randomUUID().replaceAll('-', '')}`;
  await open(settingsOf(url, { connections: 1 })).db.execute(sql.raw(`create schema ${schema}`));
  return settingsOf(url, { schema });
}

/** Each call goes to the next of several ports, as a balancer would send it. */
export function inTurn<Port extends object>(ports: readonly Port[]): Port {
  let turn = 0;
  return new Proxy(ports[0] as Port, {
    get: (first, name) => {
      if (typeof Reflect.get(first, name) !== 'function') return undefined; // such as `then`
      const port = ports[turn++ % ports.length] as Record<PropertyKey, (...args: unknown[]) => unknown>;
      return (...args: unknown[]) => port[name]?.(...args);
    },
  });
}
