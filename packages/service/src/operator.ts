import { bearerToken, equalText, HttpError } from '@sotto/http';
import { hex, utf8, type UnixSeconds } from '@sotto/wire';
import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { ConfigError, type Variables } from './config/index.ts';

/** The role of an operator's token: reading metrics, support for an account, or managing keys and bundles. */
export type OperatorRole = 'metrics' | 'support' | 'keys';

/** The tokens that are valid for each role. */
export type OperatorTokens = Readonly<Record<OperatorRole, readonly string[]>>;

const OWN_TOKEN = {
  metrics: 'OPERATOR_METRICS_TOKEN',
  support: 'OPERATOR_SUPPORT_TOKEN',
  keys: 'OPERATOR_KEYS_TOKEN',
} as const;

/**
 * `OPERATOR_TOKEN` admits to every role; `OPERATOR_METRICS_TOKEN` and the tokens of the other roles admit to
 * one. Each holds one token, or two while the token is being changed.
 *
 * @throws {ConfigError} also when a role has no token
 */
export function readOperatorTokens(variables: Variables): OperatorTokens {
  const everyRole = optional(variables, 'OPERATOR_TOKEN');
  const tokens = Object.fromEntries(
    Object.entries(OWN_TOKEN).map(([role, name]) => {
      const own = optional(variables, name);
      if (own.some((token) => everyRole.includes(token))) {
        throw new ConfigError(name, 'must differ from OPERATOR_TOKEN, which admits to every role');
      }
      return [role, [...everyRole, ...own]];
    }),
  ) as Record<OperatorRole, string[]>;
  if (Object.values(tokens).some(({ length }) => length === 0)) variables.value('OPERATOR_TOKEN'); // says what is missing
  return tokens;
}

function optional(
  variables: Variables,
  name: 'OPERATOR_TOKEN' | (typeof OWN_TOKEN)[OperatorRole],
): readonly string[] {
  return variables.has(name) ? variables.credentials(name) : [];
}

/** One use of an operator route. It holds no body and no query, and so no user data. */
export interface OperatorAct {
  readonly at: UnixSeconds;
  readonly role: OperatorRole;
  /** Which token: the first 32 bits of its SHA-256, in hexadecimal. */
  readonly token: string;
  /** Method and path of the route: `POST /operator/keys/rotate`. */
  readonly action: string;
}

/** The audit trail of the operators. */
export interface OperatorLog {
  record(act: OperatorAct): Promise<void>;
  /** The latest acts, the newest first. */
  list(): Promise<readonly OperatorAct[]>;
}

/**
 * Admits only requests with a bearer token of this role. For anybody else the route does not exist: the app's own 404.
 *
 * With a log, an act is recorded before it is done. If it cannot be recorded, it is not done, and
 * `unavailable` is thrown. Each comparison takes the same time wherever the tokens differ.
 */
export function operatorOnly(
  tokens: OperatorTokens,
  role: OperatorRole,
  audit?: { readonly log: OperatorLog; readonly now: () => UnixSeconds },
): MiddlewareHandler {
  return async (c, next) => {
    const given = bearerToken(c.req.raw.headers) ?? '';
    const matches = tokens[role].filter((token) => equalText(given, token));
    if (matches.length === 0) return c.notFound();
    const route = matchedRoutes(c).findLast(({ path }) => !path.includes('*'));
    if (audit !== undefined && route !== undefined) {
      const act = { role, token: await tokenId(given), action: `${c.req.method} ${route.path}` };
      await audit.log.record({ at: audit.now(), ...act }).catch((cause: unknown) => {
        throw new HttpError('unavailable', { cause });
      });
    }
    return next();
  };
}

async function tokenId(token: string): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(token))).subarray(0, 4));
}
