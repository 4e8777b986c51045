import type { KeyWrap } from '@sotto/service/keys';
import type { Store } from '@sotto/service/sqlite';
import { StoreError } from '@sotto/service/store';
import type { Voprf } from '@sotto/voprf';
import {
  acceptedUntil,
  destroyedAt,
  epochStartAt,
  equalBytes,
  type Bytes,
  type UnixSeconds,
} from '@sotto/wire';
import { accountKeyId } from './attest/account-key.ts';
import type { Config } from './config.ts';
import { isSameKey, makeKey, missingKeys, type NewKey, type PlannedKey } from './key-plan.ts';
import type { KeyListing, KeyRecord, KeySnapshot, RewrapResult, System } from './ports.ts';
import { KeyError, rewrapRows } from './secret-key.ts';
import {
  allKeys,
  deleteKeys,
  deleteKeysThrough,
  insertKey,
  raiseRevision,
  readState,
  replaceWrapped,
  reserveEvaluations,
  writeState,
  type IssuerState,
  type KeyRow,
} from './store/keys.ts';

export interface ScheduleDeps extends Store {
  readonly config: Config;
  readonly system: Pick<System, 'now' | 'random' | 'settledNow'>;
  readonly voprf: (tokenType: number) => Voprf;
  readonly wrap: KeyWrap;
  /** Called with the keys that are destroyed, in the same transaction. */
  readonly onDestroyed?: (keys: readonly KeyRow[]) => void;
}

const REVISIONS_PER_SECOND = 1_000_000;
/** Every round that fails lost a race against another process that made the same keys. */
const MAX_ROUNDS = 8;

/**
 * The key schedule: which keys exist follows from the configuration, the clock and the keys made before. Every change
 * is one transaction, so it does not matter how often it is started, from where, or when it is killed.
 */
export class Schedule {
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
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { missing, keys, current } = await this.#deps.transact(() => this.#advance());
      if (missing.length === 0) return;
      const made = await this.#makeKeys(missing, keys);
      if (await this.#deps.transact(() => this.#add(made, current))) return;
    }
    throw new StoreError('busy', 'other processes keep changing the key schedule');
  }

  /**
   * Moves to the epoch of the clock and destroys dead keys. Returns the keys that exist and those that are missing.
   *
   * Neither can be undone, so both follow the settled clock; keys are made by the clock as it is, which harms nothing.
   */
  #advance(): { keys: KeyRow[]; missing: PlannedKey[]; current: UnixSeconds } {
    const { config, db, system } = this.#deps;
    const { epochSeconds } = config;
    const state = this.#state();
    const settled = this.#settledTime();
    const reached = Math.max(state.epoch, settled === null ? 0 : epochStartAt(settled, epochSeconds));
    const isFirst = state.issuerName === null || state.accountKeyId === null;
    if (reached > state.epoch || isFirst) writeState(db, beginEpoch(config, state, reached));
    if (settled !== null) this.#destroyThrough(Math.max(reached, settled) - destroyedAt(0, epochSeconds));
    const keys = allKeys(db);
    const current = Math.max(reached, epochStartAt(system.now(), epochSeconds));
    return { keys, missing: missingKeys(config, { ...state, epoch: current }, keys), current };
  }

  /** The settled time. A store without keys has nothing to lose, and begins at once. */
  #settledTime(): UnixSeconds | null {
    const { db, system } = this.#deps;
    const settled = allKeys(db).length === 0 ? system.now() : system.settledNow();
    return settled === null ? null : Math.min(settled, system.now());
  }

  /** Adds every key that is still missing. False, and nothing is added, if one of them was not made or its id is taken. */
  #add(made: readonly NewKey[], current: UnixSeconds): boolean {
    const { config, db } = this.#deps;
    const keys = allKeys(db);
    const state = this.#state();
    const epoch = Math.max(state.epoch, current);
    const rows = missingKeys(config, { ...state, epoch }, keys).map((planned) =>
      made.find((key) => isSameKey(key, planned)),
    );
    const taken = new Set(keys.map(({ truncated }) => truncated));
    if (rows.some((row) => row === undefined || taken.has(row.truncated))) return false;
    for (const row of rows) if (row !== undefined) insertKey(db, row);
    return true;
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

  /**
   * @throws {KeyError} `epoch-seconds` if the keys belong to epochs of another length: their ledgers would not be found;
   *   `issuer-name` if their challenges have another name: no token would ever redeem
   */
  #state(): IssuerState {
    const { config, db } = this.#deps;
    const state = readState(db, config.epochSeconds);
    if (state.epochSeconds !== config.epochSeconds) {
      throw new KeyError(
        'epoch-seconds',
        'EPOCH_SECONDS is not the length that the stored keys were made for',
      );
    }
    if (state.issuerName !== null && state.issuerName !== config.issuerName) {
      throw new KeyError('issuer-name', 'ISSUER_NAME is not the name that the stored keys were made for');
    }
    return state;
  }

  /** The keys that exist, after the missing ones were made. */
  async snapshot(): Promise<KeySnapshot> {
    await this.run();
    const { db, transact } = this.#deps;
    return transact(() => {
      const { epoch, accountKeyId: id } = this.#state();
      return { epoch, accountKeyId: id, keys: allKeys(db).map(asRecord) };
    });
  }

  list(): Promise<KeyListing[]> {
    const { config, db, transact } = this.#deps;
    return transact(() => {
      const current = this.#state().epoch;
      return allKeys(db).map(({ service, epoch, type, keyId, evaluations }) => ({
        service,
        epoch,
        type,
        keyId,
        state: stateOf(epoch, current, config.epochSeconds),
        evaluations,
      }));
    });
  }

  /** Reserves evaluations of a key's ceiling: all or none. False also for a key that does not exist. */
  reserve(keyId: Bytes, count: number): Promise<boolean> {
    const { config, db, transact } = this.#deps;
    return transact(() => {
      const row = allKeys(db).find((key) => equalBytes(key.keyId, keyId));
      const ceiling = config.services.find(({ name }) => name === row?.service)?.ceiling ?? 0;
      return reserveEvaluations(db, keyId, count, ceiling);
    });
  }

  /**
   * After a restore. Destroys the keys of the current epoch and of all before it: they may have signed, and tokens spent
   * since the backup would be spendable again. Keys made ahead have signed nothing and stay, so the published schedule
   * holds: the next epoch begins with the key that was published for it. Returns the number of destroyed keys.
   */
  retireAll(): Promise<number> {
    const { config, db, system, transact } = this.#deps;
    return transact(() => {
      const state = this.#state();
      const current = Math.max(state.epoch, epochStartAt(system.now(), config.epochSeconds));
      const generation = state.generation + 1;
      // Above every revision before: no store accepts a million tokens a second.
      const revision = Math.max(state.revision + 1, system.now() * REVISIONS_PER_SECOND);
      writeState(db, { ...state, epoch: current, generation, retiredThrough: current, revision });
      return this.#destroyThrough(current);
    });
  }

  /** See {@link KeyAuthority.rewrap}. Keys are wrapped outside of the transaction, and replaced if they are as they were. */
  async rewrap(): Promise<RewrapResult> {
    const { db, transact, wrap } = this.#deps;
    const { changes, unreadable } = await rewrapRows(wrap, await transact(() => allKeys(db)));
    await transact(() => {
      for (const { row, after } of changes) replaceWrapped(db, row, after);
    });
    return {
      rewrapped: changes.length,
      unreadable: unreadable.map(({ service, type, epoch }) => ({ service, type, epoch })),
    };
  }

  /**
   * After KEY_WRAPPING_KEY was lost. Destroys the keys that cannot be unwrapped, and makes those of later epochs anew. None
   * is made for the current epoch, because clients hold its bundle: the outage ends with it. Returns the number of lost
   * keys.
   */
  async replaceUnreadable(): Promise<number> {
    const { config, db, onDestroyed, system, transact, wrap } = this.#deps;
    const { unreadable } = await rewrapRows(wrap, await transact(() => allKeys(db)));
    await transact(() => {
      deleteKeys(db, unreadable);
      onDestroyed?.(unreadable);
      const state = this.#state();
      const current = Math.max(state.epoch, epochStartAt(system.now(), config.epochSeconds));
      const isBare = !allKeys(db).some(({ epoch }) => epoch === current);
      if (isBare && unreadable.length > 0) writeState(db, { ...state, retiredThrough: current });
    });
    await this.run();
    return unreadable.length;
  }

  revision(): Promise<number> {
    return this.#deps.transact(() => this.#state().revision);
  }

  raiseRevision(): Promise<number> {
    return this.#deps.transact(() => raiseRevision(this.#deps.db));
  }

  #destroyThrough(epoch: number): number {
    const dead = deleteKeysThrough(this.#deps.db, epoch);
    this.#deps.onDestroyed?.(dead);
    return dead.length;
  }
}

/** The state at the start of an epoch: its account key is the configured one, and stays until the next epoch. */
function beginEpoch(config: Config, state: IssuerState, epoch: UnixSeconds): IssuerState {
  const { issuerName, accountKeys } = config;
  const isNew = epoch > state.epoch || state.accountKeyId === null;
  const id = isNew ? accountKeyId(accountKeys.current) : state.accountKeyId;
  return { ...state, epoch, issuerName, accountKeyId: id };
}

function asRecord({ truncated: _truncated, evaluations: _evaluations, ...record }: KeyRow): KeyRecord {
  return record;
}

function stateOf(epoch: UnixSeconds, current: UnixSeconds, epochSeconds: number): KeyListing['state'] {
  if (epoch > current) return 'ahead';
  if (epoch === current) return 'current';
  return acceptedUntil(epoch, epochSeconds) > current ? 'previous' : 'grace';
}
