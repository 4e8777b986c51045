// A primary and its standby on this machine, and the address that leads to whichever is the primary.
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { asAdmin, until } from '../../services/issuer/test/postgres/server.ts';
import { startPostgres, type TestServer } from '../support/postgres.ts';

/** An address of its own that leads to the port that was named last, as a virtual address or a balancer does. */
export interface Lead {
  readonly url: string;
  /** Cuts all connections, and leads new ones to this port. */
  to(port: number): void;
  close(): Promise<void>;
}

export async function lead(port: number): Promise<Lead> {
  let target = port;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `postgres://sotto@127.0.0.1:${(server.address() as AddressInfo).port}/postgres`,
    to: (next) => {
      target = next;
      cut();
    },
    close: async () => {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}

/** A standby that streams from this primary. The primary is stopped and started again for it. */
export async function standbyOf(
  primary: TestServer,
  settings: Readonly<Record<string, string>>,
): Promise<TestServer> {
  await primary.stop('fast');
  const standby = await startPostgres({
    settings: {
      ...settings,
      primary_conninfo: `host=127.0.0.1 port=${primary.port} user=sotto application_name=standby`,
    },
    prepare: (data) => {
      cpSync(primary.data, data, { recursive: true, preserveTimestamps: true });
      rmSync(path.join(data, 'postmaster.pid'), { force: true });
      writeFileSync(path.join(data, 'standby.signal'), '');
    },
  });
  await primary.start();
  const streams = () => asAdmin(primary, `select 1 from pg_stat_replication where state = 'streaming'`);
  await until(streams, ({ length }) => length === 1);
  return standby;
}

export async function promote(standby: TestServer): Promise<void> {
  await asAdmin(standby, 'select pg_promote(true)');
  const state = () => asAdmin<{ standby: boolean }>(standby, 'select pg_is_in_recovery() as standby');
  await until(state, ([row]) => row?.standby === false);
}
