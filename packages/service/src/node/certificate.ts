import type { Server } from 'node:https';
import { systemClock } from './clock.ts';
import type { TlsFiles } from './settings.ts';

/**
 * Checks regularly for a renewed certificate and uses it for new connections, without a restart. While the
 * files cannot be read, or do not belong together, the last pair stays in use. Returns a function that ends
 * the checks.
 */
export function followCertificate(server: Server, tls: TlsFiles, milliseconds: number): () => void {
  let used = tls.cert + tls.key;
  const look = async (): Promise<number> => {
    const { cert, key } = tls.read();
    if (cert + key !== used) server.setSecureContext({ cert, key });
    used = cert + key;
    return Number.POSITIVE_INFINITY; // never before the interval is over
  };
  return systemClock.repeat(look, milliseconds);
}
