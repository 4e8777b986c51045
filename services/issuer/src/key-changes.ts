import { destroyedAt, epochStartAt, equalBytes, type UnixSeconds } from '@sotto/wire';
import { accountKeyId } from './attest/account-key.ts';
import { REFILL, type Config } from './config.ts';
import { isPublicVoucherKey, isSameKey, missingKeys, type PlannedKey } from './key-plan.ts';
import type { IssuerState, KeyChange, KeyRow, NewKey, StoredKeys } from './key-store.ts';
import { KeyError } from './secret-key.ts';

/** The clocks that the schedule follows, read once for each run. */
export interface ScheduleClock {
  readonly now: UnixSeconds;
  /** Null until the clock has settled. */
  readonly settled: UnixSeconds | null;
}

const REVISIONS_PER_SECOND = 1_000_000;

/** The result of a run of the schedule. */
interface Advance {
  readonly current: UnixSeconds;
  readonly keys: readonly KeyRow[];
  readonly missing: readonly PlannedKey[];
}

/**
 * The stored state, if it belongs to this configuration.
 *
 * @throws {KeyError} `epoch-seconds` if the keys belong to epochs of another length: their ledgers would not be found;
 *   `issuer-name` if their challenges have another name: no token would ever redeem
 */
export function stateOf(config: Config, { state }: StoredKeys): IssuerState {
  if (state.epochSeconds !== config.epochSeconds) {
    throw new KeyError('epoch-seconds', 'EPOCH_SECONDS is not the length that the stored keys were made for');
  }
  if (state.issuerName !== null && state.issuerName !== config.issuerName) {
    throw new KeyError('issuer-name', 'ISSUER_NAME is not the name that the stored keys were made for');
  }
  return state;
}

/**
 * Moves to the epoch of the clock and destroys dead keys. Its result is the keys that exist and those that
 * are missing.
 *
 * Neither can be undone, so both follow the settled clock; keys are made by the clock as it is, which harms nothing.
 */
export function advance(config: Config, clock: ScheduleClock, stored: StoredKeys): KeyChange<Advance> {
  const { epochSeconds } = config;
  const state = stateOf(config, stored);
  const settled = settledTime(clock, stored);
  const reached = Math.max(state.epoch, settled === null ? 0 : epochStartAt(settled, epochSeconds));
  const isFirst = state.issuerName === null || state.accountKeyId === null;
  const through = settled === null ? -1 : Math.max(reached, settled) - destroyedAt(0, epochSeconds);
  const keys = stored.keys.filter(({ epoch }) => epoch > through);
  const current = Math.max(reached, epochStartAt(clock.now, epochSeconds));
  return {
    result: { keys, current, missing: missingKeys(config, { ...state, epoch: current }, keys) },
    ...((reached > state.epoch || isFirst) && { state: beginEpoch(config, state, reached) }),
    destroy: stored.keys.filter(({ epoch }) => epoch <= through),
  };
}

/**
 * The settled time. A store without keys has nothing to lose, so it does not wait for the clock to settle.
 */
function settledTime({ now, settled }: ScheduleClock, { keys }: StoredKeys): UnixSeconds | null {
  if (keys.length === 0) return now;
  return settled === null ? null : Math.min(settled, now);
}

/** The state at the start of an epoch: its account key is the configured one, and stays until the next epoch. */
function beginEpoch(config: Config, state: IssuerState, epoch: UnixSeconds): IssuerState {
  const { issuerName, accountKeys } = config;
  const isNew = epoch > state.epoch || state.accountKeyId === null;
  const id = isNew ? accountKeyId(accountKeys.current) : state.accountKeyId;
  return { ...state, epoch, issuerName, accountKeyId: id };
}

/** Adds every key that is still missing. False, and nothing is added, if one of them was not made or its id is taken. */
export function addKeys(
  config: Config,
  current: UnixSeconds,
  made: readonly NewKey[],
  stored: StoredKeys,
): KeyChange<boolean> {
  const state = stateOf(config, stored);
  const epoch = Math.max(state.epoch, current);
  const missing = missingKeys(config, { ...state, epoch }, stored.keys);
  const add = missing.flatMap((planned) => made.find((key) => isSameKey(key, planned)) ?? []);
  const taken = new Set(stored.keys.map(({ truncated }) => truncated));
  const isWhole = add.length === missing.length && !add.some(({ truncated }) => taken.has(truncated));
  return isWhole ? { result: true, add } : { result: false };
}

/** Destroys every key that may have signed. Its result is their number. */
export function retire(config: Config, now: UnixSeconds, stored: StoredKeys): KeyChange<number> {
  const state = stateOf(config, stored);
  const current = Math.max(state.epoch, epochStartAt(now, config.epochSeconds));
  const destroy = stored.keys.filter(({ epoch }) => epoch <= current);
  return {
    result: destroy.length,
    state: {
      ...state,
      epoch: current,
      generation: state.generation + 1,
      retiredThrough: current,
      // Higher than every earlier revision: no store accepts a million tokens per second.
      revision: Math.max(state.revision + 1, now * REVISIONS_PER_SECOND),
    },
    destroy,
  };
}

/** Destroys these keys, except those of vouchers that clients may know. If the current epoch has none then, it gets none. */
export function dropUnreadable(
  config: Config,
  now: UnixSeconds,
  unreadable: readonly KeyRow[],
  stored: StoredKeys,
): KeyChange<null> {
  const state = stateOf(config, stored);
  const current = Math.max(state.epoch, epochStartAt(now, config.epochSeconds));
  const isLost = (key: KeyRow): boolean =>
    !isPublicVoucherKey(config, key, current) && unreadable.some(({ keyId }) => equalBytes(keyId, key.keyId));
  const destroy = stored.keys.filter(isLost);
  const isBare = !stored.keys.some((key) => key.service !== REFILL && key.epoch === current && !isLost(key));
  return {
    result: null,
    ...(isBare && unreadable.length > 0 && { state: { ...state, retiredThrough: current } }),
    destroy,
  };
}
