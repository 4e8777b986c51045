import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { UsageError } from '../command.ts';
import type { Hosting, PlannedFile, ServiceSettings, Settings } from './settings.ts';
import { clusterPorts } from './two-of-each.ts';

/** The two clusters of operator B, as `host` or `host:port`: one clock must not order issuance against redemption. */
export interface Databases {
  /** Keys, spent tokens, and what the gateway stores. */
  readonly tokens: string;
  readonly quotas: string;
  /** Whether the compose file runs both, on one machine and without a standby. */
  readonly inCompose: boolean;
}

/** The clusters that the options name; null for the store of one machine or of Workers. A compose file can run both itself. */
export function databasesOf(
  values: { readonly store?: string; readonly database?: string; readonly 'quota-database'?: string },
  hosting: Hosting,
  port: number,
): Databases | null {
  const { store = 'sqlite', database: tokens, 'quota-database': quotas } = values;
  if (store !== 'sqlite' && store !== 'postgres') throw new UsageError('--store must be sqlite or postgres');
  const isNamed = tokens !== undefined || quotas !== undefined;
  if (store === 'sqlite') {
    if (isNamed) throw new UsageError('--database and --quota-database belong to --store postgres');
    return null;
  }
  if (hosting === 'workers')
    throw new UsageError('--store postgres is not for workers: their Durable Objects are the store');
  if (!isNamed && hosting === 'compose') {
    const ports = clusterPorts(port);
    return { tokens: `127.0.0.1:${ports.tokens}`, quotas: `127.0.0.1:${ports.quotas}`, inCompose: true };
  }
  if (tokens === undefined || quotas === undefined)
    throw new UsageError('--store postgres needs --database and --quota-database, on two clusters');
  for (const one of [tokens, quotas]) {
    if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?$/i.test(one))
      throw new UsageError(`${one} must be a host, or host:port, without user and password`);
  }
  if (tokens.toLowerCase() === quotas.toLowerCase())
    throw new UsageError(
      '--database and --quota-database must be two clusters: the log of one would order issuance against redemption',
    );
  return { tokens, quotas, inCompose: false };
}

/** A role that logs in to the database of its own name. */
interface Role {
  readonly name: 'sotto_issuer' | 'sotto_gateway' | 'sotto_quotas';
  readonly password: string;
}

const SCRAM_ITERATIONS = 4096; // the server's default; the passwords have 256 bits

const roleOf = (name: Role['name']): Role => ({ name, password: randomBytes(32).toString('base64url') });

/** The variables that name the databases, and the scripts that make them. All passwords are new. */
export function postgresStores({ tokens, quotas, inCompose }: Databases): {
  readonly settings: ServiceSettings;
  readonly files: readonly PlannedFile[];
} {
  const [issuer, gateway, quota] = (['sotto_issuer', 'sotto_gateway', 'sotto_quotas'] as const).map(
    roleOf,
  ) as [Role, Role, Role];
  const url = ({ name }: Role, cluster: string): string => `postgres://${name}@${cluster}/${name}`;
  const risks: Settings = inCompose ? { STORE_RISKS: 'no-synchronous-standby' } : {};
  const store = (role: Role): Settings => ({
    STORE: url(role, tokens),
    STORE_PASSWORD: role.password,
    ...risks,
  });
  return {
    settings: {
      gateway: store(gateway),
      issuer: {
        ...store(issuer),
        QUOTA_STORE: url(quota, quotas),
        QUOTA_STORE_PASSWORD: quota.password,
      },
    },
    files: [
      { name: 'postgres/tokens.sql', text: script([issuer, gateway]), secret: true },
      { name: 'postgres/quotas.sql', text: script([quota]), secret: true },
      ...(inCompose
        ? ['tokens', 'quotas'].map((name) => ({
            name: `postgres/${name}.password`,
            text: randomBytes(32).toString('base64url'),
            secret: true,
          }))
        : []),
    ],
  };
}

/** The script that a superuser of a cluster runs once with psql. A role has no rights outside of its own database. */
function script(roles: readonly Role[]): string {
  const parts = roles.map(
    ({
      name,
      password,
    }) => `CREATE ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
  PASSWORD '${scramVerifier(password)}';
-- The server's log must not keep what is stored, or when.
ALTER ROLE ${name} SET log_statement = 'none';
ALTER ROLE ${name} SET log_min_duration_statement = -1;
ALTER ROLE ${name} SET log_parameter_max_length_on_error = 0;
CREATE DATABASE ${name};
REVOKE ALL ON DATABASE ${name} FROM PUBLIC;
GRANT CONNECT ON DATABASE ${name} TO ${name};
\\connect ${name}
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO ${name};
`,
  );
  return `-- Run once on the primary, as its superuser: psql -f THIS_FILE. It contains no password, only what verifies one.
\\set ON_ERROR_STOP on
${parts.join('\n')}`;
}

/** What the server stores of a password (RFC 5803), so that neither the script nor the server's log has the password. */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, SCRAM_ITERATIONS, 32, 'sha256');
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  const serverKey = hmac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
