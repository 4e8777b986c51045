import { base64url } from '@sotto/wire';
import { ConfigError, Variables } from '@sotto/service/config';
import { readConfig, type Config } from '../../src/config.ts';

const ROOT = base64url(
  new Uint8Array(Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex')),
);
/** A valid row. */
export const SERVICE = {
  name: 'stickers',
  target: { binding: 'STICKERS' },
  token: { type: 5 },
  idempotent: true,
  requestLength: 1024,
  responseLength: 163_840,
};
/** All variables that the gateway needs. */
export const ENV: Record<string, unknown> = {
  EPOCH_SECONDS: '86400',
  SERVICES: JSON.stringify([SERVICE]),
  STICKERS: { fetch: () => null },
  ROOT,
  RELAY_TOKEN: 'a'.repeat(43),
  OPERATOR_TOKEN: 'b'.repeat(43),
  KEY_WRAPPING_KEY: base64url(Uint8Array.from({ length: 32 }, (_, i) => i)),
};

export const configOf = (env: Record<string, unknown>): Config =>
  readConfig(new Variables(env, { service: 'gateway', platform: 'workers' }));

/** The error, or `starts`. */
export function start(changes: Record<string, unknown>): string {
  try {
    configOf({ ...ENV, ...changes });
    return 'starts';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
}

/** The error for these rows, or `starts`. */
export const services = (...rows: object[]) => start({ SERVICES: JSON.stringify(rows) });
