import { PrivacyPassError } from './error.ts';

/** One challenge or one set of credentials (RFC 9110 §11.3, §11.4). */
export interface AuthEntry {
  readonly scheme: string; // lower case
  readonly params: ReadonlyMap<string, string>; // names in lower case, values without their quotes
}

const MAX_LENGTH = 65_536; // characters
const SCHEME = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const SPACE = /[ \t]+/y;
const SEPARATOR = /,[ \t,]*/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
// A value is a quoted string, or a token of RFC 9110 that may contain `=`: padded base64url is often sent unquoted.
const PARAM =
  /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*(?:"((?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*)"|([!#$%&'*+\-.^_`|~0-9A-Za-z=]+))(?=[ \t]*(?:,|$))/y;

/**
 * Parses `scheme params, scheme params, …`: the list in a `WWW-Authenticate` field, or the single entry of an
 * `Authorization` field.
 *
 * @throws {PrivacyPassError} `bad-header`, also for a repeated parameter
 */
export function parseAuthList(value: string): AuthEntry[] {
  if (value.length > MAX_LENGTH)
    throw new PrivacyPassError('bad-header', `longer than ${MAX_LENGTH} characters`);
  const entries: AuthEntry[] = [];
  let last: Map<string, string> | null = null; // parameters of the current entry, if it can have more
  let at = 0;

  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(value);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  const param = (into: Map<string, string>): boolean => {
    const match = take(PARAM);
    if (match === null) return false;
    const [, name = '', quoted, bare = ''] = match;
    const key = name.toLowerCase();
    if (into.has(key)) throw new PrivacyPassError('bad-header', 'a parameter is repeated');
    into.set(key, quoted === undefined ? bare : quoted.replace(/\\(.)/g, '$1'));
    return true;
  };

  take(SPACE);
  while (at < value.length) {
    if (last === null || !param(last)) {
      const scheme = take(SCHEME)?.[0];
      if (scheme === undefined)
        throw new PrivacyPassError('bad-header', 'an authentication scheme is missing');
      const params = new Map<string, string>();
      entries.push({ scheme: scheme.toLowerCase(), params });
      const more = take(SPACE) !== null && param(params);
      if (!more) take(TOKEN68);
      last = more ? params : null;
    }
    take(SPACE);
    if (at < value.length && take(SEPARATOR) === null)
      throw new PrivacyPassError('bad-header', 'a comma is missing');
  }
  return entries;
}
