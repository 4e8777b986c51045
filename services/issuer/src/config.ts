import { TOKEN_TYPES } from '@sotto/privacypass';
import { refuseDuplicates, type ConfigValue, type Variables } from '@sotto/service/config';
import { readWrappingKeys, type WrappingKeys } from '@sotto/service/keys';
import { readOperatorTokens, type OperatorTokens } from '@sotto/service/operator';
import { equalBytes, HORIZON, voucherWindow } from '@sotto/wire';
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
  /** Whether an account may request tokens of the service itself, without a voucher. */
  readonly direct: boolean;
}

/** How vouchers are issued, and which tokens they buy. */
export interface VoucherConfig {
  readonly period: number; // epochs
  /** Vouchers as a service of their own: the quota is issuances per period, the one batch the vouchers of an epoch. */
  readonly policy: ServiceConfig;
  readonly perEpoch: number;
  readonly pack: readonly { readonly service: string; readonly tokens: number }[];
}

/** The service whose tokens are vouchers. */
export const REFILL = 'refill';

export interface Config {
  readonly epochSeconds: number;
  readonly issuerName: string;
  readonly issuerUrl: string; // without a trailing slash
  readonly services: readonly ServiceConfig[];
  /** Null where tokens are issued to accounts alone. */
  readonly vouchers: VoucherConfig | null;
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
const MAX_ISSUANCES = 1000; // of one account in a period
const VOUCHER_TYPE = 5;
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
  const services = readServices(variables.json('SERVICES'));
  const vouchers = variables.has('VOUCHERS') ? readVouchers(variables.json('VOUCHERS'), services) : null;
  checkObtainable(variables.json('SERVICES'), services, vouchers);
  checkTruncatedIds(variables, services, vouchers);
  return {
    epochSeconds: variables.number('EPOCH_SECONDS'),
    issuerName,
    issuerUrl: issuerUrl.href.replace(/\/$/, ''),
    services: services.map(({ tokens: _tokens, ...service }) => service),
    vouchers,
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

function readServices(value: ConfigValue): ServiceRow[] {
  const entries = value.list();
  refuseDuplicates(entries.map((entry) => entry.member('name')));
  return entries.map(readService);
}

/** Tokens that no account may request have to be what vouchers buy. */
function checkObtainable(
  value: ConfigValue,
  services: readonly ServiceConfig[],
  vouchers: VoucherConfig | null,
): void {
  for (const [i, entry] of value.list().entries()) {
    const service = services[i];
    const isBought = vouchers?.pack.some((one) => one.service === service?.name) === true;
    if (service?.direct !== false || isBought) continue;
    entry
      .member('direct')
      .fail(
        'must not be false where no voucher buys the tokens, or nobody gets any. Set VOUCHERS, and add type 5',
      );
  }
}

/** Keys of vouchers are made ahead for a window, a period and the horizon. */
function checkTruncatedIds(
  variables: Variables,
  services: readonly ServiceConfig[],
  vouchers: VoucherConfig | null,
): void {
  const types = services.reduce((count, service) => count + service.types.length, 0);
  const ofVouchers = vouchers === null ? 0 : vouchers.period + voucherWindow(vouchers.period) + KEYS_PER_TYPE;
  const most = Math.floor((TRUNCATED_IDS - ofVouchers) / KEYS_PER_TYPE);
  if (types > most) {
    variables
      .value('SERVICES')
      .fail(`has ${types} pairs of service and type; truncated key ids can tell ${most} apart`);
  }
}

/** Reads VOUCHERS: `{"period": 7, "perEpoch": 3, "issuances": {"default": 3}}`. */
function readVouchers(value: ConfigValue, services: readonly ServiceRow[]): VoucherConfig {
  const perEpoch = value.member('perEpoch').or(3).wholeNumber({ min: 1, max: 8, unit: 'vouchers per epoch' });
  const issuances = value.member('issuances').or({ default: 3 });
  const unit = 'issuances per period';
  issuances.member('default').wholeNumber({ min: 0, max: MAX_ISSUANCES, unit });
  const quota = issuances
    .entries()
    .map(([tier, entry]) => [tier, entry.wholeNumber({ min: 0, max: MAX_ISSUANCES, unit })] as const);
  const pack = services
    .filter(({ types }) => types.includes(VOUCHER_TYPE))
    .map(({ name: service, tokens }) => ({ service, tokens }));
  if (pack.length === 0)
    value.fail('must not be set without a service with tokens of type 5. Remove it, or add the type');
  return {
    period: value.member('period').or(7).wholeNumber({ min: 1, max: 28, unit: 'epochs' }),
    perEpoch,
    pack,
    policy: {
      name: REFILL,
      types: [VOUCHER_TYPE],
      batch: [perEpoch],
      quota: new Map(quota),
      ceiling: MAX_CEILING,
      shards: value.member('shards').or(SHARDS).wholeNumber({ min: 1, max: 256 }),
      direct: false,
    },
  };
}

/** A service, and how many of its tokens a voucher buys. */
type ServiceRow = ServiceConfig & { readonly tokens: number };

function readService(entry: ConfigValue): ServiceRow {
  if (entry.member('name').raw === REFILL)
    entry.member('name').fail('must not be "refill", which vouchers are for');
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
    direct: entry.member('direct').or(true).boolean(),
    tokens: entry
      .member('refill')
      .or(30)
      .wholeNumber({ min: 1, max: MAX_BATCH, unit: 'tokens of a voucher' }),
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
