import { readFileSync } from 'node:fs';
import { ConfigError, readConfig, refuseOwnZone, wholeNumber, type Vars } from '../config.ts';
import type { ServeOptions } from './serve.ts';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * What a Node relay is told by its environment.
 *
 * @throws {ConfigError} for anything missing or unsafe
 */
export function readSettings(env: Vars): Omit<ServeOptions, 'now'> {
  const config = readConfig(env);
  const number = (name: string, fallback: number, min: number, max: number): number =>
    wholeNumber(env[name], name, fallback, min, max);
  const host = text(env, 'HOST') ?? '127.0.0.1';
  const port = number('PORT', 8801, 0, 65_535);
  const tls = readTls(env);
  if (!LOOPBACK.has(host) && tls === undefined && env['BEHIND_TLS'] !== 'true') {
    throw new ConfigError(
      'HOST: is not loopback, with neither TLS_CERT_FILE and TLS_KEY_FILE nor BEHIND_TLS=true',
    );
  }
  const own = text(env, 'ORIGIN');
  if (own === undefined && !config.local)
    throw new ConfigError("ORIGIN: this relay's public origin is missing");
  refuseOwnZone(config, ownOrigin(own ?? `http://127.0.0.1:${port}`));
  const addressHeader = text(env, 'ADDRESS_HEADER')?.toLowerCase();
  return {
    config,
    host,
    port,
    ...(tls && { tls }),
    ...(addressHeader !== undefined && { addressHeader }),
    rate: {
      burst: number('RATE_BURST', 60, 1, 1e6),
      perSecond: number('RATE_PER_MINUTE', 60, 1, 1e6) / 60,
      maxKeys: number('RATE_ADDRESSES', 65_536, 16, 1 << 24),
    },
    maxInFlight: number('MAX_IN_FLIGHT', 512, 1, 65_536),
    headersMs: number('HEADERS_MS', 10_000, 50, 60_000),
    wholeRequestMs: number('WHOLE_REQUEST_MS', 30_000, 50, 300_000),
    checkMs: number('CHECK_MS', 2000, 10, 30_000),
    drainMs: number('DRAIN_MS', 9000, 10, 60_000),
  };
}

function readTls(env: Vars): { cert: string; key: string } | undefined {
  const certFile = text(env, 'TLS_CERT_FILE');
  const keyFile = text(env, 'TLS_KEY_FILE');
  if (certFile === undefined && keyFile === undefined) return undefined;
  try {
    return { cert: readFileSync(certFile ?? '', 'utf8'), key: readFileSync(keyFile ?? '', 'utf8') };
  } catch {
    throw new ConfigError('TLS_CERT_FILE, TLS_KEY_FILE: one of them cannot be read');
  }
}

function ownOrigin(value: string): string {
  try {
    return new URL(value).origin;
  } catch {
    throw new ConfigError('ORIGIN is not a URL');
  }
}

function text(env: Vars, name: string): string | undefined {
  const value = env[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
