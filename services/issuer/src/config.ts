import { TOKEN_TYPES } from '@sotto/privacypass';
import { refuseDuplicates, type ConfigValue, type Variables } from '@sotto/service/config';
import { readWrappingKeys, type WrappingKeys } from '@sotto/service/keys';
import { readOperatorTokens, type OperatorTokens } from '@sotto/service/operator';
import { equalBytes, HORIZON } from '@sotto/wire';
import type { AccountKeys } from './attest/account-key.ts';
import { readAttesters, type AttesterConfig } from './attest/attester-config.ts';
import { readPublicUrl } from './public-url.ts';

export interface ServiceConfig {
  readonly name: string;
  readonly types: readonly number[]; // token types that are on, in order of preference
  readonly batch: readonly number[]; // the batch sizes that are accepted
  readonly quota: ReadonlyMap<string, number>; // tier → tokens per epoch; `default` is always there
  readonly ceiling: number; // evaluations per key
  readonly shards: number; // ledgers per key, for keys not yet made
}

export interface Config {
  readonly epochSeconds: number;
  readonly issuerName: string;
  readonly issuerUrl: string; // without a trailing slash
  readonly services: readonly ServiceConfig[];
  readonly attesters: readonly AttesterConfig[];
  readonly accountKeys: AccountKeys;
  readonly wrappingKeys: WrappingKeys;
  readonly operatorTokens: OperatorTokens;
}

const TRUNCATED_IDS = 256;
/** Keys that exist at once per service and type: previous, current, those ahead, and one that awaits its destruction. */
const KEYS_PER_TYPE = HORIZON + 3;
const MAX_BATCH = 500;
/** 2^35 queries take 17.5 of 126 bits from ristretto255 (RFC 9497 §7.2.3). */
const MAX_CEILING = 2 ** 35;
const SHARDS = 16;
const MAX_QUOTA = 1_000_000; // tokens per epoch
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?$/;
const SERVICE_NAME = /^[a-z0-9]([a-z0-9.-]{0,62})$/;

/** @throws {ConfigError} with the path of the first setting that is missing or wrong, or cannot work with another */
export function readConfig(variables: Variables): Config {
  const isLocal = variables.flag('LOCAL');
  const issuerName = variables
    .value('ISSUER_NAME')
    .matching(HOST_NAME, 'must be a host name in lower case, for example issuer.example');
  const issuerUrl = variables.has('ISSUER_URL')
    ? readPublicUrl(variables.value('ISSUER_URL'), isLocal)
    : new URL(`https://${issuerName}`);
  if (issuerUrl.search !== '') variables.value('ISSUER_URL').fail('must be a URL without a query');
  return {
    epochSeconds: variables.number('EPOCH_SECONDS'),
    issuerName,
    issuerUrl: issuerUrl.href.replace(/\/$/, ''),
    services: readServices(variables.json('SERVICES')),
    attesters: readAttesters(variables.json('ATTESTERS'), isLocal),
    accountKeys: readAccountKeys(variables),
    wrappingKeys: readWrappingKeys(variables),
    operatorTokens: readOperatorTokens(variables),
  };
}

function readAccountKeys(variables: Variables): AccountKeys {
  const name = 'ACCOUNT_KEY_PREVIOUS';
  const current = variables.key('ACCOUNT_KEY');
  const previous = variables.has(name) ? variables.key(name) : null;
  if (previous !== null && equalBytes(current, previous)) {
    variables.value(name).fail('must differ from ACCOUNT_KEY. Remove it');
  }
  return { current, previous };
}

function readServices(value: ConfigValue): ServiceConfig[] {
  const entries = value.list();
  refuseDuplicates(entries.map((entry) => entry.member('name')));
  const services = entries.map(readService);
  const types = services.reduce((count, service) => count + service.types.length, 0);
  const most = Math.floor(TRUNCATED_IDS / KEYS_PER_TYPE);
  if (types > most) {
    value.fail(`has ${types} pairs of service and type; truncated key ids can tell ${most} apart`);
  }
  return services;
}

function readService(entry: ConfigValue): ServiceConfig {
  const batch = readNumbers(entry.member('batch'), { min: 1, max: MAX_BATCH });
  const ceiling = entry.member('ceiling').or(MAX_CEILING);
  const largest = Math.max(...batch);
  return {
    name: entry
      .member('name')
      .matching(SERVICE_NAME, 'must be a label of 1 to 63 characters a-z 0-9 . -, a letter or digit first'),
    types: readTypes(entry.member('types').or([5])),
    batch,
    quota: readQuota(entry.member('quota'), Math.min(...batch)),
    ceiling: ceiling.wholeNumber({ min: largest, max: MAX_CEILING, unit: 'evaluations' }),
    shards: entry.member('shards').or(SHARDS).wholeNumber({ min: 1, max: 256 }),
  };
}

function readTypes(value: ConfigValue): number[] {
  const types = readNumbers(value, { min: 1, max: 5 });
  const isIssued = types.every((type) => TOKEN_TYPES.get(type)?.suite);
  return isIssued ? types : value.fail('must contain only 5 (ristretto255) and 1 (P-384)');
}

/** Tokens per epoch by tier. A quota under the smallest batch could never be used; 0 excludes a tier. */
function readQuota(value: ConfigValue, smallestBatch: number): ReadonlyMap<string, number> {
  value.member('default').wholeNumber({ min: 0, max: MAX_QUOTA, unit: 'tokens per epoch' });
  return new Map(
    value.entries().map(([tier, entry]) => {
      const tokens = entry.wholeNumber({ min: 0, max: MAX_QUOTA, unit: 'tokens per epoch' });
      if (tokens > 0 && tokens < smallestBatch) {
        entry.fail(
          `must be 0, or at least the smallest batch (${smallestBatch}), or nobody can be issued tokens`,
        );
      }
      return [tier, tokens];
    }),
  );
}

function readNumbers(value: ConfigValue, range: { readonly min: number; readonly max: number }): number[] {
  const entries = value.list();
  const numbers = entries.map((entry) => entry.wholeNumber(range));
  refuseDuplicates(entries);
  return numbers;
}
