import { tokenKeyId, truncatedTokenKeyId } from '@sotto/privacypass';
import type { KeyWrap } from '@sotto/service/keys';
import type { Voprf, VoprfKeyPair } from '@sotto/voprf';
import { HORIZON, lastOfPeriod, voucherEpochs, voucherWindow, type UnixSeconds } from '@sotto/wire';
import { REFILL, type Config, type ServiceConfig } from './config.ts';
import type { IssuerState, KeyRow, NewKey } from './key-store.ts';
import type { System } from './ports.ts';
import { KeyError, keyContext } from './secret-key.ts';

/** A key that the schedule requires, before it is made. */
export interface PlannedKey {
  readonly service: string;
  readonly type: number;
  readonly epoch: UnixSeconds;
  readonly shards: number;
}

interface KeyMakingDeps {
  readonly voprf: (tokenType: number) => Voprf;
  readonly wrap: KeyWrap;
  readonly system: Pick<System, 'random'>;
}

const TRUNCATED_IDS = 256;
const LOGGED_AHEAD = 2; // epochs
/** With one id of 256 free, this many attempts miss it once in 10^17. */
const MAX_KEY_ATTEMPTS = 10_000;

/** The keys that must exist in the state's epoch and in those ahead, and do not. */
export function missingKeys(
  { services, vouchers, epochSeconds }: Config,
  state: IssuerState,
  keys: readonly KeyRow[],
): PlannedKey[] {
  // The directory of the current epoch was published before the epoch began, and does not change.
  const published = keys.some(({ epoch, service }) => service !== REFILL && epoch === state.epoch);
  const open = (ahead: number): number[] =>
    Array.from({ length: ahead + 1 }, (_, i) => state.epoch + i * epochSeconds).filter(
      (epoch) => epoch > state.retiredThrough && !(published && epoch === state.epoch),
    );
  const plan = ({ name, types, shards }: ServiceConfig, ahead: number): PlannedKey[] =>
    types.flatMap((type) => open(ahead).map((epoch) => ({ service: name, type, epoch, shards })));
  const planned = services.flatMap((service) => plan(service, HORIZON));
  if (vouchers !== null) planned.push(...plan(vouchers.policy, voucherHorizon(vouchers.period)));
  return planned.filter((one) => !keys.some((key) => isSameKey(key, one)));
}

/** How many epochs ahead keys of vouchers are made: a bundle that is made ahead shows those of a window and a period. */
const voucherHorizon = (period: number): number => HORIZON + period + voucherWindow(period);

/** The last epoch whose vouchers can be issued in this epoch; null without vouchers. Both are starts of epochs. */
export function lastIssuableEpoch(
  { vouchers, epochSeconds }: Pick<Config, 'vouchers' | 'epochSeconds'>,
  epoch: UnixSeconds,
): UnixSeconds | null {
  if (vouchers === null) return null;
  return epoch + (voucherEpochs(epoch / epochSeconds, vouchers.period) - 1) * epochSeconds;
}

/**
 * Whether a voucher key may be in a bundle that clients or a log have: a bundle is logged at most two epochs ahead. Such
 * a key is never replaced, because clients compare the keys of an epoch between bundles.
 */
export function isPublicVoucherKey(
  { vouchers, epochSeconds }: Pick<Config, 'vouchers' | 'epochSeconds'>,
  { service, epoch }: Pick<PlannedKey, 'service' | 'epoch'>,
  current: UnixSeconds,
): boolean {
  if (service !== REFILL || vouchers === null) return false;
  const { period } = vouchers;
  const shown = current / epochSeconds + LOGGED_AHEAD + voucherWindow(period);
  return epoch / epochSeconds <= lastOfPeriod(shown, period);
}

type KeyPlace = Pick<PlannedKey, 'service' | 'type' | 'epoch'>;

/** Whether two keys are for the same service, type and epoch. */
export const isSameKey = (a: KeyPlace, b: KeyPlace): boolean =>
  a.service === b.service && a.type === b.type && a.epoch === b.epoch;

/** Generates keys until one has a truncated id that no other key has. */
export async function makeKey(
  { voprf, wrap, system }: KeyMakingDeps,
  planned: PlannedKey,
  taken: ReadonlySet<number>,
): Promise<NewKey> {
  const { secretKey, publicKey } = await generate(voprf(planned.type), system, taken);
  const keyId = tokenKeyId(publicKey);
  const wrapped = await wrap.wrap(secretKey, keyContext({ ...planned, keyId }));
  secretKey.fill(0);
  return { ...planned, keyId, truncated: truncatedTokenKeyId(publicKey), publicKey, wrapped };
}

async function generate(
  voprf: Voprf,
  { random }: Pick<System, 'random'>,
  taken: ReadonlySet<number>,
): Promise<VoprfKeyPair> {
  if (taken.size >= TRUNCATED_IDS) throw new KeyError('no-truncated-id', 'all 256 truncated ids are taken');
  for (let attempt = 0; attempt < MAX_KEY_ATTEMPTS; attempt++) {
    const pair = await voprf.generateKeyPair(random);
    if (!taken.has(truncatedTokenKeyId(pair.publicKey))) return pair;
    pair.secretKey.fill(0);
  }
  throw new KeyError('no-truncated-id', `no free truncated id in ${MAX_KEY_ATTEMPTS} attempts`);
}
