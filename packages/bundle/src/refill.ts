import { ristretto255 } from '@noble/curves/ed25519.js';
import {
  concat,
  fromUtf8,
  hex,
  Reader,
  uint,
  utf8,
  vector,
  voucherEpochs,
  voucherWindow,
  type Bytes,
} from '@sotto/wire';
import { BundleError } from './error.ts';
import type { ServiceEntry } from './service-entry.ts';

/** The service to which a client sends a voucher for tokens of all services. No other service has this name. */
export const REFILL_SERVICE = 'refill';

const TOKEN_TYPE = 5; // vouchers, and the tokens that they buy
const KEY = 32; // bytes of a ristretto255 element
const MAX_PERIOD = 28;
const MAX_PER_EPOCH = 8;

/** How many tokens of a service one voucher buys. */
export interface PackEntry {
  readonly service: string;
  readonly tokens: number;
}

/**
 * The keys that vouchers are issued under, and the tokens that a voucher buys (specs/bundle.md, "Vouchers").
 *
 *     struct { opaque service<1..2^8-1>; uint16 tokens; } PackEntry;
 *     struct { uint8 period; uint8 window; uint8 per_epoch; opaque keys<0..2^16-1>; PackEntry pack<0..2^16-1>; } Refill;
 */
export interface Refill {
  /** Epochs of a period: 1 to 28. */
  readonly period: number;
  /**
   * How many epochs at the end of a period issue the vouchers of the next one: a quarter of it, rounded up.
   */
  readonly window: number;
  /** Vouchers for each epoch: 1 to 8. */
  readonly perEpoch: number;
  /** One public key for each epoch that vouchers are issued for, from the bundle's own epoch on: 32 bytes each. */
  readonly keys: readonly Bytes[];
  /** In the order of a refill's batches. */
  readonly pack: readonly PackEntry[];
}

/** @throws {WireError} `out-of-range` for a number or a field that is too large */
export function encodeRefill({ period, window, perEpoch, keys, pack }: Refill): Bytes {
  const entries = pack.map(({ service, tokens }) => concat(vector(1, utf8(service)), uint(2, tokens)));
  return concat(
    ...[period, window, perEpoch].map((number) => uint(1, number)),
    vector(2, concat(...keys)),
    vector(2, concat(...entries)),
  );
}

/**
 * @throws {BundleError} `malformed-keys` when the keys are not a multiple of 32 bytes
 * @throws {WireError} `truncated`; `bad-text` for a name that is not UTF-8
 */
export function readRefill(r: Reader): Refill {
  const numbers = {
    period: r.uint(1, 'period'),
    window: r.uint(1, 'window'),
    perEpoch: r.uint(1, 'per_epoch'),
  };
  const keys = readKeys(r.vector(2, 'keys'));
  return { ...numbers, keys, pack: readPack(r.vector(2, 'pack')) };
}

function readKeys(r: Reader): Bytes[] {
  if (r.remaining % KEY !== 0) throw new BundleError('malformed-keys', 'refill keys are not 32 bytes each');
  const keys: Bytes[] = [];
  while (r.remaining > 0) keys.push(r.opaque(KEY, 'key'));
  return keys;
}

function readPack(r: Reader): PackEntry[] {
  const pack: PackEntry[] = [];
  while (r.remaining > 0) {
    pack.push({ service: fromUtf8(r.vector(1, 'service').rest()), tokens: r.uint(2, 'tokens') });
  }
  return pack;
}

/**
 * Checks that refills can work, and that nothing about them could distinguish users.
 *
 * @throws {BundleError} `malformed-keys` for a number of keys other than that of the date, for two equal keys, for a
 *   key that is no element of the group, or for numbers out of range; `malformed-services` unless there is a service
 *   `refill` and the pack has every other service with tokens once
 */
export function checkRefill(refill: Refill, epochIndex: number, services: readonly ServiceEntry[]): void {
  const { period, window, perEpoch, keys, pack } = refill;
  const isPeriod = period >= 1 && period <= MAX_PERIOD && window === voucherWindow(period);
  if (!isPeriod || perEpoch < 1 || perEpoch > MAX_PER_EPOCH) {
    throw malformed(`a period of ${period}, a window of ${window} and ${perEpoch} vouchers an epoch`);
  }
  const count = voucherEpochs(epochIndex, period);
  if (keys.length !== count) throw malformed(`${keys.length} keys instead of ${count}`);
  if (new Set(keys.map(hex)).size !== keys.length) throw malformed('two keys are equal');
  if (!keys.every(isElement)) throw malformed('a key is no element of ristretto255, or the identity');
  checkPack(pack, services);
}

const malformed = (what: string): BundleError => new BundleError('malformed-keys', `refill: ${what}`);

function isElement(key: Bytes): boolean {
  try {
    return !ristretto255.Point.fromBytes(key).equals(ristretto255.Point.ZERO);
  } catch {
    return false;
  }
}

function checkPack(pack: readonly PackEntry[], services: readonly ServiceEntry[]): void {
  const withTokens = services.filter(({ tokenType }) => tokenType === TOKEN_TYPE).map(({ name }) => name);
  const bought = [REFILL_SERVICE, ...pack.map(({ service }) => service)];
  const isComplete =
    new Set(bought).size === bought.length && bought.toSorted().join() === withTokens.toSorted().join();
  if (pack.length === 0 || !isComplete || pack.some(({ tokens }) => tokens === 0)) {
    throw new BundleError('malformed-services', 'the pack does not have every service with tokens once');
  }
}
