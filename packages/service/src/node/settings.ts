import { readFileSync } from 'node:fs';
import { ConfigError, type Variables } from '../config/index.ts';

/** A certificate and its private key in PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Reads both files again. Throws if one cannot be read. */
  readonly read: () => { readonly cert: string; readonly key: string };
}

/** Where a service listens, and how. */
export interface ListenSettings {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsFiles;
  readonly maxInFlight: number;
  readonly drainMs: number;
  /** Milliseconds for a client to read a whole response. */
  readonly responseMs: number;
  readonly connectionsPerAddress: number;
  /** Answers a client that has ended its side of the connection, as `nc -N` does. Elsewhere that counts as gone. */
  readonly answersHalfClosed?: boolean;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** A private listener without a limit for one address: each of its few clients has many connections. */
function besidePublic(
  { tls: _public, ...limits }: ListenSettings,
  at: Pick<ListenSettings, 'host' | 'port' | 'tls'>,
): ListenSettings {
  return { ...limits, ...at, connectionsPerAddress: Number.POSITIVE_INFINITY };
}

/** @throws {ConfigError} also for an address beyond loopback that would speak plain http */
export function readListenSettings(variables: Variables): ListenSettings {
  const tls = readTls(variables, 'TLS');
  return {
    host: readHost(variables, 'HOST', tls),
    port: variables.number('PORT'),
    ...(tls && { tls }),
    maxInFlight: variables.number('MAX_IN_FLIGHT'),
    drainMs: variables.number('DRAIN_MS'),
    responseMs: variables.number('RESPONSE_MS'),
    connectionsPerAddress: isBehindProxy(variables)
      ? Number.POSITIVE_INFINITY
      : variables.number('MAX_CONNECTIONS_PER_ADDRESS'),
  };
}

/** The operator's listener: the same limits and certificate as the public one, at another address. */
export function readOperatorSettings(variables: Variables, settings: ListenSettings): ListenSettings {
  const host = readHost(variables, 'OPERATOR_HOST', settings.tls);
  const at = { host, port: variables.number('OPERATOR_PORT') };
  const listening = LOOPBACK.has(host) ? besidePublic(settings, at) : { ...settings, ...at };
  return { ...listening, answersHalfClosed: true };
}

/** The issuer's listener for gateways: plain http on loopback, and beyond with a certificate of its own. */
export function readInternalSettings(variables: Variables, settings: ListenSettings): ListenSettings {
  const tls = readTls(variables, 'INTERNAL_TLS');
  const host = readHost(variables, 'INTERNAL_HOST', tls);
  const port = variables.number('INTERNAL_PORT');
  return besidePublic(settings, { host, port, ...(tls && { tls }) });
}

function readHost(
  variables: Variables,
  name: 'HOST' | 'OPERATOR_HOST' | 'INTERNAL_HOST',
  tls: TlsFiles | undefined,
): string {
  const host = variables.text(name);
  if (LOOPBACK.has(host) || tls !== undefined || variables.flag('BEHIND_TLS')) return host;
  const own = name === 'INTERNAL_HOST' ? 'INTERNAL_TLS' : 'TLS';
  throw new ConfigError(
    name,
    `beyond loopback needs ${own}_CERT_FILE and ${own}_KEY_FILE, or BEHIND_TLS=true`,
  );
}

/** Whether a proxy is in front. Then all connections come from its address. */
function isBehindProxy(variables: Variables): boolean {
  return variables.flag('BEHIND_TLS') || variables.has('ADDRESS_HEADER');
}

function readTls(variables: Variables, prefix: 'TLS' | 'INTERNAL_TLS'): TlsFiles | undefined {
  const [cert, key] = [`${prefix}_CERT_FILE`, `${prefix}_KEY_FILE`] as const;
  if (!variables.has(cert) && !variables.has(key)) return undefined;
  const read = () => ({
    cert: readPem(variables.value(cert).text(), cert),
    key: readPem(variables.value(key).text(), key),
  });
  return { ...read(), read };
}

function readPem(path: string, variable: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(variable, 'must be the path of a file that this process can read', { cause });
  }
}
