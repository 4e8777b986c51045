import type { Server } from 'node:http';
import { Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** Where a server listens, and how it stops. */
export interface ListenOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Time for requests in flight when the server stops, in milliseconds. */
  readonly drainMs: number;
}

/** A listening server. */
export interface Serving {
  readonly origin: string;
  /** Refuses new connections, lets requests in flight finish, and then closes. */
  readonly close: () => Promise<void>;
}

/** Starts to listen. Rejects if it cannot; later errors of the server do not end the process. */
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
