import { tokenKeyId, truncatedTokenKeyId } from '@sotto/privacypass';
import type { KeyWrap } from '@sotto/service/keys';
import type { Store } from '@sotto/service/sqlite';
import { StoreError } from '@sotto/service/store';
import type { Voprf, VoprfKeyPair } from '@sotto/voprf';
import {
  acceptedUntil,
  destroyedAt,
  epochStartAt,
  equalBytes,
  HORIZON,
  type Bytes,
  type UnixSeconds,
} from '@sotto/wire';
import { accountKeyId } from './attest/account-key.ts';
import type { Config } from './config.ts';
import type { KeyListing, KeyRecord, KeySnapshot, RewrapResult, System } from './ports.ts';
import { KeyError, keyContext } from './secret-key.ts';
import {
  allKeys,
  deleteKeysThrough,
  insertKey,
  readState,
  replaceWrapped,
  reserveEvaluations,
  writeState,
  type IssuerState,
  type KeyRow,
} from './store/keys.ts';

export interface ScheduleDeps extends Store {
  readonly config: Config;
  readonly system: Pick<System, 'now' | 'random'>;
  readonly voprf: (tokenType: number) => Voprf;
  readonly wrap: KeyWrap;
  /** Called with the keys that are destroyed, in the same transaction. */
  readonly onDestroyed?: (keys: readonly KeyRow[]) => void;
}

/** A key that the schedule requires, before it is made. */
interface PlannedKey {
  readonly service: string;
  readonly type: number;
  readonly epoch: UnixSeconds;
  readonly shards: number;
}

const TRUNCATED_IDS = 256;
/** With one id of 256 free, this many attempts miss it once in 10^17. */
const MAX_KEY_ATTEMPTS = 10_000;
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
      const { missing, keys } = await this.#deps.transact(() => this.#advance());
      if (missing.length === 0) return;
      const made = await this.#makeKeys(missing, keys);
      if (await this.#deps.transact(() => this.#add(made))) return;
    }
    throw new StoreError('busy', 'other processes keep changing the key schedule');
  }

  /** Moves to the epoch of the clock and destroys dead keys. Returns the keys that exist and those that are missing. */
  #advance(): { keys: KeyRow[]; missing: PlannedKey[] } {
    const { config, db, system } = this.#deps;
    const state = this.#state();
    const current = Math.max(state.epoch, epochStartAt(system.now(), config.epochSeconds));
    const isFirst = state.issuerName === null || state.accountKeyId === null;
    if (current > state.epoch || isFirst) writeState(db, beginEpoch(config, state, current));
    // Keys are destroyed by a clock that never runs backwards, so none of them comes back.
    const now = Math.max(current, system.now());
    this.#destroyThrough(now - destroyedAt(0, config.epochSeconds));
    const keys = allKeys(db);
    return { keys, missing: missingKeys(config, { ...state, epoch: current }, keys) };
  }

  /** Adds every key that is still missing. False, and nothing is added, if one of them was not made or its id is taken. */
  #add(made: readonly NewKey[]): boolean {
    const { config, db } = this.#deps;
    const keys = allKeys(db);
    const rows = missingKeys(config, this.#state(), keys).map((planned) =>
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
      writeState(db, { ...state, epoch: current, generation, retiredThrough: current });
      return this.#destroyThrough(current);
    });
  }

  /** See {@link KeyAuthority.rewrap}. Keys are wrapped outside of the transaction, and replaced if they are as they were. */
  async rewrap(): Promise<RewrapResult> {
    const { db, transact, wrap } = this.#deps;
    const changes: { readonly row: KeyRow; readonly after: Bytes }[] = [];
    const unreadable: RewrapResult['unreadable'][number][] = [];
    for (const row of await transact(() => allKeys(db))) {
      try {
        const after = await wrap.rewrap(row.wrapped, keyContext(row));
        if (after !== null) changes.push({ row, after });
      } catch {
        const { service, type, epoch } = row;
        unreadable.push({ service, type, epoch });
      }
    }
    await transact(() => {
      for (const { row, after } of changes) replaceWrapped(db, row, after);
    });
    return { rewrapped: changes.length, unreadable };
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

/** The keys that must exist in the state's epoch and in those ahead, and do not. */
function missingKeys(
  { services, epochSeconds }: Config,
  state: IssuerState,
  keys: readonly KeyRow[],
): PlannedKey[] {
  // The directory of the current epoch was published before the epoch began, and does not change.
  const published = keys.some(({ epoch }) => epoch === state.epoch);
  const ahead = Array.from({ length: HORIZON + 1 }, (_, i) => state.epoch + i * epochSeconds);
  const open = ahead.filter((epoch) => epoch > state.retiredThrough && !(published && epoch === state.epoch));
  const planned = services.flatMap(({ name, types, shards }) =>
    types.flatMap((type) => open.map((epoch) => ({ service: name, type, epoch, shards }))),
  );
  return planned.filter((one) => !keys.some((key) => isSameKey(key, one)));
}

type KeyPlace = Pick<PlannedKey, 'service' | 'type' | 'epoch'>;

const isSameKey = (a: KeyPlace, b: KeyPlace): boolean =>
  a.service === b.service && a.type === b.type && a.epoch === b.epoch;

type NewKey = Omit<KeyRow, 'evaluations'>;

/** Generates keys until one has a truncated id that no other key has. */
async function makeKey(
  { voprf, wrap, system }: ScheduleDeps,
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

function asRecord({ truncated: _truncated, evaluations: _evaluations, ...record }: KeyRow): KeyRecord {
  return record;
}

function stateOf(epoch: UnixSeconds, current: UnixSeconds, epochSeconds: number): KeyListing['state'] {
  if (epoch > current) return 'ahead';
  if (epoch === current) return 'current';
  return acceptedUntil(epoch, epochSeconds) > current ? 'previous' : 'grace';
}
