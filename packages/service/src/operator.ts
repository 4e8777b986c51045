import { bearerToken, equalText } from '@sotto/http';
import type { MiddlewareHandler } from 'hono';
import { ConfigError, type Variables } from './config/index.ts';

/** What an operator's token admits to: scraping, help for an account, or keys and bundles. */
export type OperatorRole = 'metrics' | 'support' | 'keys';

/** The tokens that are valid for each role. */
export type OperatorTokens = Readonly<Record<OperatorRole, readonly string[]>>;

const OWN_TOKEN = {
  metrics: 'OPERATOR_METRICS_TOKEN',
  support: 'OPERATOR_SUPPORT_TOKEN',
  keys: 'OPERATOR_KEYS_TOKEN',
} as const;

/**
 * `OPERATOR_TOKEN` admits to every role; `OPERATOR_METRICS_TOKEN` and its like to one. Each holds one token, or two
 * while the token is being changed.
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

/**
 * Admits only requests with a bearer token of this role. For anybody else the route does not exist: the app's own 404.
 *
 * Each comparison takes the same time wherever the tokens differ.
 */
export function operatorOnly(tokens: OperatorTokens, role: OperatorRole): MiddlewareHandler {
  return async (c, next) => {
    const given = bearerToken(c.req.raw.headers) ?? '';
    const matches = tokens[role].filter((token) => equalText(given, token));
    if (matches.length === 0) return c.notFound();
    return next();
  };
}
