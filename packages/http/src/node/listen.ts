import type { Server } from 'node:http';
import { Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface ListenOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** For what is in flight when the server is told to stop, in milliseconds. */
  readonly drainMs: number;
}

export interface Serving {
  readonly origin: string;
  /** Takes no more connections, lets what is in flight finish, and then closes. */
  readonly close: () => Promise<void>;
}

/** Listens with a server. Rejects when it cannot; whatever happens to it later ends no process. */
export async function listen(
  server: Server | SecureServer,
  { host, port, drainMs }: ListenOptions,
): Promise<Serving> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  server.removeAllListeners('error').on('error', () => {}); // no file descriptor left: the next accept may have one
  const at = server.address() as AddressInfo;
  const name = at.address.includes(':') ? `[${at.address}]` : at.address;
  return {
    origin: `${server instanceof SecureServer ? 'https' : 'http'}://${name}:${at.port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const force = setTimeout(() => server.closeAllConnections(), drainMs);
      await closed;
      clearTimeout(force);
    },
  };
}
