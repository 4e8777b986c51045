import type { KeyWrap } from '@sotto/service/keys';
import { StoreError } from '@sotto/service/store';
import type { Voprf } from '@sotto/voprf';
import { acceptedUntil, type Bytes, type UnixSeconds } from '@sotto/wire';
import type { Config } from './config.ts';
import { addKeys, advance, dropUnreadable, retire, stateOf, type ScheduleClock } from './key-changes.ts';
import { makeKey, type PlannedKey } from './key-plan.ts';
import type { KeyRow, KeyStore, NewKey } from './key-store.ts';
import type { KeyAuthority, KeyListing, KeyRecord, KeySnapshot, RewrapResult, System } from './ports.ts';
import { rewrapRows } from './secret-key.ts';

export interface ScheduleDeps {
  readonly config: Config;
  readonly system: Pick<System, 'now' | 'random' | 'settledNow'>;
  readonly voprf: (tokenType: number) => Voprf;
  readonly wrap: KeyWrap;
  readonly store: KeyStore;
  /** Drops data of epochs that were over at this time, if nothing else does. Runs after each snapshot. */
  readonly dropOver?: (settled: UnixSeconds) => Promise<void>;
}

/** A round fails only if another process has just made the same keys. */
const MAX_ROUNDS = 8;

/**
 * The key schedule: which keys exist follows from the configuration, the clock and the keys made before.
 * Every change is one transaction, so it may be started any number of times, from anywhere, and be killed at
 * any time.
 */
export class Schedule implements KeyAuthority {
  readonly #deps: ScheduleDeps;
  #run: Promise<void> | undefined;

  constructor(deps: ScheduleDeps) {
    this.#deps = deps;
  }

  /**
   * Makes the keys that are missing and destroys those past their grace.
   *
   * Keys are made outside of the transaction, because wrapping is asynchronous, and added only if all that are still
   * missing were made: an epoch whose directory was published never gets a further key. Calls that overlap share one run.
   */
  run(): Promise<void> {
    this.#run ??= this.#runOnce().finally(() => {
      this.#run = undefined;
    });
    return this.#run;
  }

  async #runOnce(): Promise<void> {
    const { config, store, system } = this.#deps;
    const clock: ScheduleClock = { now: system.now(), settled: system.settledNow() };
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { missing, keys, current } = await store.update((stored) => advance(config, clock, stored));
      if (missing.length === 0) return;
      const made = await this.#makeKeys(missing, keys);
      if (await store.update((stored) => addKeys(config, current, made, stored))) return;
    }
    throw new StoreError('busy', 'other processes keep changing the key schedule');
  }

  async #makeKeys(missing: readonly PlannedKey[], keys: readonly KeyRow[]): Promise<NewKey[]> {
    const taken = new Set(keys.map(({ truncated }) => truncated));
    const made: NewKey[] = [];
    for (const planned of missing) {
      const key = await makeKey(this.#deps, planned, taken);
      taken.add(key.truncated);
      made.push(key);
    }
    return made;
  }

  /** The keys that exist, after the missing ones were made. */
  async snapshot(): Promise<KeySnapshot> {
    await this.run();
    const { config, dropOver, store, system } = this.#deps;
    const snapshot = await store.update((stored) => {
      const { epoch, accountKeyId } = stateOf(config, stored);
      return { result: { epoch, accountKeyId, keys: stored.keys.map(asRecord) } };
    });
    const settled = system.settledNow();
    if (settled !== null) await dropOver?.(settled);
    return snapshot;
  }

  list(): Promise<KeyListing[]> {
    const { config, store } = this.#deps;
    return store.update((stored) => {
      const current = stateOf(config, stored).epoch;
      const result = stored.keys.map(({ service, epoch, type, keyId, evaluations }) => ({
        service,
        epoch,
        type,
        keyId,
        state: useOf(epoch, current, config.epochSeconds),
        evaluations,
      }));
      return { result };
    });
  }

  /** Reserves evaluations of a key's ceiling: all or none. False also for a key that does not exist. */
  reserve(keyId: Bytes, count: number): Promise<boolean> {
    const { config, store } = this.#deps;
    const policies = [...config.services, ...(config.vouchers === null ? [] : [config.vouchers.policy])];
    const ceilingOf = (service: string): number =>
      policies.find(({ name }) => name === service)?.ceiling ?? 0;
    return store.reserve(keyId, count, ceilingOf);
  }

  /**
   * After a restore. Destroys the keys of the current epoch and of all before it: they may have signed, and tokens spent
   * since the backup would be spendable again. Keys made ahead have signed nothing and stay, so the published schedule
   * holds: the next epoch begins with the key that was published for it. Returns the number of destroyed keys.
   */
  retireAll(): Promise<number> {
    const { config, store, system } = this.#deps;
    const now = system.now();
    return store.update((stored) => retire(config, now, stored));
  }

  /** See {@link KeyAuthority.rewrap}. Keys are wrapped outside of the transaction, and replaced if they are as they were. */
  async rewrap(): Promise<RewrapResult> {
    const { store, wrap } = this.#deps;
    const { changes, unreadable } = await rewrapRows(wrap, await this.#keys());
    await store.update(() => ({ result: null, rewrap: changes }));
    return {
      rewrapped: changes.length,
      unreadable: unreadable.map(({ service, type, epoch }) => ({ service, type, epoch })),
    };
  }

  /**
   * After KEY_WRAPPING_KEY was lost. Destroys the keys that cannot be unwrapped, and makes new ones for later epochs. None
   * is made for the current epoch, because clients hold its bundle: the outage ends with it. Keys of vouchers that a
   * bundle may have shown stay as they are, unreadable, until their epoch is over. Returns the number of lost keys.
   */
  async replaceUnreadable(): Promise<number> {
    const { config, store, system, wrap } = this.#deps;
    const { unreadable } = await rewrapRows(wrap, await this.#keys());
    const now = system.now();
    await store.update((stored) => dropUnreadable(config, now, unreadable, stored));
    await this.run();
    return unreadable.length;
  }

  #keys(): Promise<readonly KeyRow[]> {
    return this.#deps.store.update(({ keys }) => ({ result: keys }));
  }

  revision(): Promise<number> {
    const { config, store } = this.#deps;
    return store.update((stored) => ({ result: stateOf(config, stored).revision }));
  }

  raiseRevision(): Promise<number> {
    return this.#deps.store.raiseRevision();
  }
}

function asRecord({ truncated: _truncated, evaluations: _evaluations, ...record }: KeyRow): KeyRecord {
  return record;
}

function useOf(epoch: UnixSeconds, current: UnixSeconds, epochSeconds: number): KeyListing['state'] {
  if (epoch > current) return 'ahead';
  if (epoch === current) return 'current';
  return acceptedUntil(epoch, epochSeconds) > current ? 'previous' : 'grace';
}
