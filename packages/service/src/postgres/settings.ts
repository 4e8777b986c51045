import { isIP } from 'node:net';
import { readAuthorities, type Variables } from '../config/index.ts';

/** Where a database is, and how to log in. */
export interface PostgresSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  /** TLS, with a certificate for this host. False on loopback. */
  readonly tls: false | { readonly ca?: string; readonly rejectUnauthorized: true };
  readonly schema?: string; // the first of the role's search path unless given
  readonly connections?: number;
}

/** A risk that an operator may accept by its name. */
export type StoreRisk = (typeof STORE_RISKS)[number];
const STORE_RISKS = ['no-synchronous-standby', 'one-cluster', 'unattended-promotion'] as const;

const WANTED = 'must be a path, or a URL like postgres://user@host:5432/database without a password';
const NO_PASSWORD = (name: string): string =>
  `must not contain a password. Set ${name}_PASSWORD, or ${name}_PASSWORD_FILE to the path of a file`;
const DEFAULT_PORT = 5432;
/**
 * Reads one database's address and password.
 *
 * @param readFile - reads STORE_CA_FILE
 * @throws {ConfigError} which contains neither the URL nor the password
 */
export function readPostgresSettings(
  variables: Variables,
  name: 'STORE' | 'QUOTA_STORE',
  readFile: (path: string) => string,
): PostgresSettings {
  const value = variables.value(name);
  const url = value.url(WANTED);
  if (url.password !== '') value.fail(NO_PASSWORD(name));
  const host = decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '');
  const database = decodeURIComponent(url.pathname.slice(1));
  const user = decodeURIComponent(url.username);
  if (host === '' || user === '' || database === '' || database.includes('/')) value.fail(WANTED);
  if (url.search !== '' || url.hash !== '') {
    value.fail('must end after the name of the database: TLS is always verified, except on loopback');
  }
  const password = `${name}_PASSWORD` as const;
  const ca = variables.has('STORE_CA_FILE')
    ? readAuthorities(variables.value('STORE_CA_FILE'), readFile)
    : undefined;
  return {
    host,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    database,
    user,
    password: variables.has(password) ? variables.value(password).text() : null,
    tls:
      isLoopback(host) && ca === undefined
        ? false
        : { ...(ca !== undefined && { ca }), rejectUnauthorized: true },
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || (isIP(host) === 4 ? host.startsWith('127.') : host === '::1');
}

/** The risks that the operator accepts: names with spaces between them. @throws {ConfigError} */
export function readStoreRisks(variables: Variables): ReadonlySet<StoreRisk> {
  if (!variables.has('STORE_RISKS')) return new Set();
  const value = variables.value('STORE_RISKS');
  const isRisk = (name: string): name is StoreRisk => (STORE_RISKS as readonly string[]).includes(name);
  const names = value.text().trim().split(/\s+/);
  const risks = names.filter(isRisk);
  if (risks.length < names.length) value.fail(`must be names from this list: ${STORE_RISKS.join(', ')}`);
  return new Set(risks);
}
