import { tokenKeyId, truncatedTokenKeyId } from '@sotto/privacypass';
import type { Voprf } from '@sotto/voprf';
import {
  acceptedUntil,
  destroyedAt,
  epochStartAt,
  equalBytes,
  HORIZON,
  type Bytes,
  type Random,
  type UnixSeconds,
} from '@sotto/wire';
import type { Config, ServiceConfig } from './config.ts';
import type { KeyListing, KeyRecord, KeySnapshot, Platform } from './ports.ts';
import type { Database } from './store/database.ts';
import {
  allKeys,
  deleteKeysThrough,
  insertKey,
  readState,
  reserveEvaluations,
  writeState,
  type IssuerState,
  type KeyRow,
} from './store/keys.ts';
import { KeyError, wrapSecret } from './wrap.ts';

export interface ScheduleDeps {
  readonly config: Config;
  readonly platform: Pick<Platform, 'now' | 'random'>;
  readonly voprf: (tokenType: number) => Voprf;
  readonly database: Database;
  /** Called with the keys that are destroyed, in the same atomic block. */
  readonly onDestroyed?: (keys: readonly KeyRow[]) => void;
}

const TRUNCATED_IDS = 256;
/** With one id of 256 free, so many draws miss it once in 10^17. */
const MAX_DRAWS = 10_000;

/**
 * The key schedule: what exists for a moment of the clock is a function of the configuration and of
 * what was made before. Each act is one atomic block, so it does not matter how often or from where it
 * is started, or where it is killed.
 */
export class Schedule {
  readonly #deps: ScheduleDeps;

  constructor(deps: ScheduleDeps) {
    this.#deps = deps;
  }

  /** Makes the keys that are missing, destroys those past their grace. */
  run(): void {
    const { config, database, platform } = this.#deps;
    const { db } = database;
    const E = config.epochSeconds;
    database.atomically(() => {
      const state = this.#state();
      const current = Math.max(state.epoch, epochStartAt(platform.now(), E));
      if (current > state.epoch) writeState(db, { ...state, epoch: current });
      // A key is destroyed by the clock that never runs backwards, so none comes back to life.
      const now = Math.max(current, platform.now());
      this.#destroyThrough(now - destroyedAt(0, E));
      const keys = allKeys(db);
      const started = keys.some(({ epoch }) => epoch === current);
      for (const service of config.services) {
        for (const type of service.types) this.#makeAhead(keys, service, type, { current, started, state });
      }
    });
  }

  #makeAhead(
    keys: KeyRow[],
    service: ServiceConfig,
    type: number,
    at: { current: UnixSeconds; started: boolean; state: { retiredThrough: number } },
  ): void {
    const { config } = this.#deps;
    const mine = keys.filter((key) => key.service === service.name && key.type === type);
    const known = new Set(mine.map(({ epoch }) => epoch));
    for (let ahead = 0; ahead <= HORIZON; ahead++) {
      const epoch = at.current + ahead * config.epochSeconds;
      // What the current epoch's directory shows was published before it began, and stays as it is.
      const published = ahead === 0 && at.started;
      if (known.has(epoch) || published || epoch <= at.state.retiredThrough) continue;
      keys.push(this.#make(keys, service, type, epoch));
    }
  }

  /** Draws keys until one has a truncated id that no other key has. */
  #make(keys: readonly KeyRow[], service: ServiceConfig, type: number, epoch: UnixSeconds): KeyRow {
    const { config, database, platform, voprf } = this.#deps;
    const taken = new Set(keys.map(({ truncated }) => truncated));
    if (taken.size >= TRUNCATED_IDS) throw new KeyError('no-truncated-id', 'all 256 truncated ids are taken');
    for (let draw = 0; draw < MAX_DRAWS; draw++) {
      const row = drawKey(
        voprf(type),
        { service: service.name, type, epoch },
        config.wrappingKey,
        platform.random,
      );
      if (taken.has(row.truncated)) continue;
      const kept = { ...row, shards: service.shards, evaluations: 0 };
      if (insertKey(database.db, kept)) return kept;
      throw new KeyError('mismatch', 'a key stands where none did');
    }
    throw new KeyError('no-truncated-id', `no free truncated id in ${MAX_DRAWS} draws`);
  }

  /** @throws {KeyError} `mismatch` when the keys are of epochs of another length: their ledgers would be lost sight of */
  #state(): IssuerState {
    const { config, database } = this.#deps;
    const state = readState(database.db, config.epochSeconds);
    if (state.epochSeconds !== config.epochSeconds) {
      throw new KeyError('mismatch', 'EPOCH_SECONDS is not what the stored keys were made under');
    }
    return state;
  }

  /** What exists now: it makes nothing. */
  snapshot(): KeySnapshot {
    const { db } = this.#deps.database;
    return { epoch: this.#state().epoch, keys: allKeys(db).map(asRecord) };
  }

  list(): KeyListing[] {
    const { config, database } = this.#deps;
    const current = this.#state().epoch;
    return allKeys(database.db).map(({ service, epoch, type, keyId, evaluations }) => ({
      service,
      epoch,
      type,
      keyId,
      state: stateOf(epoch, current, config.epochSeconds),
      evaluations,
    }));
  }

  /** Takes evaluations off a key's ceiling, all or none: false for a key that is gone, too. */
  reserve(keyId: Bytes, count: number): boolean {
    const { config, database } = this.#deps;
    const row = allKeys(database.db).find((key) => equalBytes(key.keyId, keyId));
    const ceiling = config.services.find(({ name }) => name === row?.service)?.ceiling ?? 0;
    return reserveEvaluations(database.db, keyId, count, ceiling);
  }

  /**
   * After a restore. Destroys the keys of the current epoch and of all before it: they may have signed,
   * and what was spent since the backup would be spendable again. Keys made ahead have signed nothing
   * and stay, so the published schedule holds: the next epoch begins with the key that everyone expects.
   */
  retireAll(): KeyRow[] {
    const { config, database, platform } = this.#deps;
    return database.atomically(() => {
      const state = this.#state();
      const current = Math.max(state.epoch, epochStartAt(platform.now(), config.epochSeconds));
      const generation = state.generation + 1;
      writeState(database.db, { ...state, epoch: current, generation, retiredThrough: current });
      return this.#destroyThrough(current);
    });
  }

  #destroyThrough(epoch: number): KeyRow[] {
    const dead = deleteKeysThrough(this.#deps.database.db, epoch);
    this.#deps.onDestroyed?.(dead);
    return dead;
  }
}

function drawKey(
  voprf: Voprf,
  at: { service: string; type: number; epoch: UnixSeconds },
  wrappingKey: Bytes, // 32 bytes
  random: Random,
): Omit<KeyRow, 'shards' | 'evaluations'> {
  const { secretKey, publicKey } = voprf.generateKeyPair(random);
  const keyId = tokenKeyId(publicKey);
  const wrapped = wrapSecret(wrappingKey, { ...at, keyId }, secretKey, random);
  secretKey.fill(0);
  return { ...at, keyId, truncated: truncatedTokenKeyId(publicKey), publicKey, wrapped };
}

function asRecord({ truncated: _truncated, evaluations: _evaluations, ...record }: KeyRow): KeyRecord {
  return record;
}

function stateOf(epoch: UnixSeconds, current: UnixSeconds, E: number): KeyListing['state'] {
  if (epoch > current) return 'ahead';
  if (epoch === current) return 'current';
  return acceptedUntil(epoch, E) > current ? 'previous' : 'grace';
}
