import { refuseDuplicates, type ConfigValue } from '@sotto/service/config';
import { readPublicUrl } from '../public-url.ts';
import { ALGORITHMS, keySetProblem, type PublicJwk } from './key-set.ts';

/** Keys in the configuration, or the address where the attester publishes them. */
export type JwksSource = { readonly keys: readonly PublicJwk[] } | { readonly url: string };

/** An attester whose account tokens are accepted, and how they are read. */
export interface AttesterConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: JwksSource;
  readonly algorithms: readonly string[];
  /** The `typ` of the account tokens (RFC 8725 §3.11), like `at+jwt`; null for any. */
  readonly type: string | null;
  readonly accountClaim: string;
  readonly tierClaim: string | null;
  readonly toleranceSeconds: number;
}

const TOLERANCE = 60; // seconds
/** @throws {ConfigError} */
export function readAttesters(value: ConfigValue, isLocal: boolean): AttesterConfig[] {
  const entries = value.list();
  refuseDuplicates(entries.map((entry) => entry.member('issuer')));
  return entries.map((entry) => readAttester(entry, isLocal));
}

function readAttester(entry: ConfigValue, isLocal: boolean): AttesterConfig {
  const algorithms = readAlgorithms(entry.member('algorithms').or(ALGORITHMS));
  return {
    issuer: entry.member('issuer').text('must be the `iss` of the account tokens'),
    audience: entry.member('audience').text('must be the `aud` of the account tokens'),
    jwks: readJwks(entry, algorithms, isLocal),
    algorithms,
    type: optionalText(entry.member('type'), 'must be the `typ` of the account tokens'),
    accountClaim: entry.member('accountClaim').or('sub').text('must be the name of a claim'),
    tierClaim: optionalText(entry.member('tierClaim'), 'must be the name of a claim'),
    toleranceSeconds: entry
      .member('toleranceSeconds')
      .or(TOLERANCE)
      .wholeNumber({ min: 0, max: 600, unit: 'seconds' }),
  };
}

const optionalText = (value: ConfigValue, remedy: string): string | null =>
  value.isMissing ? null : value.text(remedy);

function readAlgorithms(value: ConfigValue): string[] {
  return value
    .list()
    .map((entry) =>
      ALGORITHMS.includes(entry.raw as string)
        ? (entry.raw as string)
        : entry.fail(`must be one of ${ALGORITHMS.join(' ')}`),
    );
}

/** The URL is used as it is written: a slash at its end may name another resource. */
function readJwks(entry: ConfigValue, algorithms: readonly string[], isLocal: boolean): JwksSource {
  const address = entry.member('jwksUrl');
  const inline = entry.member('jwks');
  if (address.isMissing && inline.isMissing) {
    return inline.fail('is missing. Set jwks to a JSON Web Key Set, or jwksUrl to the address of one');
  }
  if (!address.isMissing) {
    if (!inline.isMissing) return inline.fail('is set together with jwksUrl. Set one of them');
    readPublicUrl(address, isLocal);
    return { url: address.text() };
  }
  const value = inline.member('keys');
  const keys = value.list('must be a list with one JSON Web Key or more').map(readPublicJwk);
  const problem = keySetProblem(keys, algorithms);
  return problem === null ? { keys } : value.fail(problem);
}

function readPublicJwk(value: ConfigValue): PublicJwk {
  const members = Object.fromEntries(value.entries().map(([name, { raw }]) => [name, raw]));
  if ('d' in members || 'k' in members) value.fail('must be a public key, without a private part (d or k)');
  return members;
}
