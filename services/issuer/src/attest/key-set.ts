/** A public key of a JSON Web Key Set (RFC 7517). */
export type PublicJwk = Readonly<Record<string, unknown>>;

/** Key type and curve of each algorithm (RFC 7518 §3.1, RFC 8037). */
const KEY_TYPES: Readonly<Record<string, string>> = {
  ES256: 'EC P-256',
  ES384: 'EC P-384',
  ES512: 'EC P-521',
  EdDSA: 'OKP Ed25519',
  Ed25519: 'OKP Ed25519',
  PS256: 'RSA',
  PS384: 'RSA',
  PS512: 'RSA',
  RS256: 'RSA',
};

/**
 * The algorithms that account tokens may be signed with. All use a private key; HMAC and `none` are not
 * accepted.
 */
export const ALGORITHMS: readonly string[] = Object.keys(KEY_TYPES);

/**
 * Why a key set cannot work, and what to change; null when it can. Such a set would refuse every account
 * token without a reason.
 */
export function keySetProblem(keys: readonly PublicJwk[], algorithms: readonly string[]): string | null {
  if (keys.length === 0) return 'has no keys';
  const usable = keys.filter((key) => algorithms.some((algorithm) => verifies(key, algorithm)));
  if (usable.length === 0) return `has no public key for ${algorithms.join(' ')}`;
  const names = usable.map((key) => `${typeOf(key)} ${textOf(key, 'kid')}`);
  const twice = names.findIndex((name, i) => names.indexOf(name) < i);
  if (twice === -1) return null;
  const { kid } = usable[twice] ?? {};
  return kid === undefined
    ? 'has two keys of one type without a `kid`: give each key its own'
    : 'has two keys of one type with the same `kid`: give each key its own';
}

function verifies(key: PublicJwk, algorithm: string): boolean {
  const { alg = algorithm, use = 'sig', key_ops: operations = ['verify'] } = key;
  const isForVerifying = use === 'sig' && Array.isArray(operations) && operations.includes('verify');
  return isForVerifying && alg === algorithm && typeOf(key) === KEY_TYPES[algorithm];
}

const typeOf = (key: PublicJwk): string => [textOf(key, 'kty'), textOf(key, 'crv')].join(' ').trim();

function textOf(key: PublicJwk, name: string): string {
  const value = key[name];
  return typeof value === 'string' ? value : '';
}
