import { fromBase64url, WireError, type Bytes } from '@sotto/wire';
import { paddedBase64url } from './directory.ts';
import { PrivacyPassError } from './error.ts';
import { parseAuthList } from './auth-list.ts';

const SCHEME = 'privatetoken';

/** One `PrivateToken` challenge of a `WWW-Authenticate` field (RFC 9577 §2.1.2). */
export interface HeaderChallenge {
  readonly challenge: Bytes; // an encoded TokenChallenge of any type, not decoded
  readonly tokenKey: Bytes | null; // of any length; null when the origin sends none
  readonly maxAge: number | null; // seconds
}

/** The value of a `WWW-Authenticate` field, base64url with padding and quoted, as RFC 9577 prints it. */
export function formatChallenge(c: {
  readonly challenge: Bytes;
  readonly tokenKey?: Bytes;
  readonly maxAge?: number;
}): string {
  const key = c.tokenKey === undefined ? '' : `, token-key="${paddedBase64url(c.tokenKey)}"`;
  const age = c.maxAge === undefined ? '' : `, max-age="${c.maxAge}"`;
  return `PrivateToken challenge="${paddedBase64url(c.challenge)}"${key}${age}`;
}

/**
 * Parses a `WWW-Authenticate` field: every `PrivateToken` challenge, in order. Other schemes and unknown
 * parameters are skipped.
 *
 * @throws {PrivacyPassError} `bad-header`
 */
export function parseChallenges(value: string): HeaderChallenge[] {
  return parseAuthList(value)
    .filter(({ scheme }) => scheme === SCHEME)
    .map(({ params }) => {
      const challenge = params.get('challenge');
      if (challenge === undefined) throw new PrivacyPassError('bad-header', 'no challenge parameter');
      const tokenKey = params.get('token-key');
      const maxAge = params.get('max-age');
      if (maxAge !== undefined && !/^[0-9]{1,15}$/.test(maxAge))
        throw new PrivacyPassError('bad-header', 'max-age');
      return {
        challenge: bytes(challenge, 'bad-header'),
        tokenKey: tokenKey === undefined ? null : bytes(tokenKey, 'bad-header'),
        maxAge: maxAge === undefined ? null : Number(maxAge),
      };
    });
}

/** The value of an `Authorization` field (RFC 9577 §2.2.2): one encoded token. */
export function formatAuthorization(token: Bytes): string {
  return `PrivateToken token="${paddedBase64url(token)}"`;
}

/**
 * Parses an `Authorization` field that holds exactly one token, quoted or not, padded or not.
 *
 * Anything that would give one token a second text (another token, unused bits in base64url, partial padding) is
 * refused. Unknown parameters are ignored, as §2.2.2 requires.
 *
 * @returns the encoded token, of any length
 * @throws {PrivacyPassError} `no-token` for another scheme, `bad-token`, `bad-header`
 */
export function parseAuthorization(value: string): Bytes {
  const list = parseAuthList(value);
  const [credentials] = list;
  if (credentials?.scheme !== SCHEME) throw new PrivacyPassError('no-token', 'not PrivateToken credentials');
  const token = credentials.params.get('token');
  if (list.length !== 1 || token === undefined) {
    throw new PrivacyPassError('bad-token', 'not exactly one token');
  }
  return bytes(token, 'bad-token');
}

function bytes(text: string, code: 'bad-header' | 'bad-token'): Bytes {
  try {
    return fromBase64url(text);
  } catch (error) {
    if (error instanceof WireError) throw new PrivacyPassError(code, 'not base64url', { cause: error });
    throw error;
  }
}
