import { openStorage } from '@sotto/service/sqlite/durable';
import type { OperatorAct } from '@sotto/service/operator';
import type { Database } from '@sotto/service/sqlite';
import { listActs, readCounts, recordAct } from '@sotto/service/sqlite/operator';
import { acceptedUntil, type Bytes } from '@sotto/wire';
import { DurableObject } from 'cloudflare:workers';
import type { KeyListing, KeySnapshot, Ledger, RewrapResult } from '../ports.ts';
import { Schedule, type ScheduleDeps } from '../schedule.ts';
import { sqlKeyStore } from '../store/keys.ts';
import { MIGRATIONS } from '../store/migrations.ts';

/** The dependencies of the schedule besides its store. */
export type KeyMaking = Omit<ScheduleDeps, 'store'>;

/**
 * The issuer's keys: one object, so that there is one key for each service, type and epoch. It stores secrets wrapped and
 * returns them wrapped to the issuer's isolates.
 */
export class IssuerKeys extends DurableObject {
  readonly #making: () => KeyMaking;
  readonly #database: Database;
  #schedule: Schedule | undefined;

  /** @param making - throws if the configuration is wrong; called at the first use, so that the caller gets the error */
  constructor(ctx: DurableObjectState, env: unknown, making: () => KeyMaking) {
    super(ctx, env as never);
    this.#making = making;
    this.#database = openStorage(ctx.storage, MIGRATIONS);
  }

  async snapshot(): Promise<KeySnapshot> {
    const snapshot = await this.#scheduled().snapshot();
    await this.#setNextAlarm();
    return snapshot;
  }

  list(): Promise<KeyListing[]> {
    return this.#scheduled().list();
  }

  reserve(keyId: Bytes, count: number): Promise<boolean> {
    return this.#scheduled().reserve(keyId, count);
  }

  /** The ledgers of every key that may have signed. */
  async ledgers(): Promise<Ledger[]> {
    const { epochSeconds } = this.#making().config;
    const { epoch: current, keys } = await this.snapshot();
    return keys
      .filter(({ epoch }) => epoch <= current)
      .map(({ keyId, shards, epoch }) => ({ keyId, shards, end: acceptedUntil(epoch, epochSeconds) }));
  }

  /** Destroys every key that may have signed. Returns how many. */
  retireAll(): Promise<number> {
    return this.#scheduled().retireAll();
  }

  rewrap(): Promise<RewrapResult> {
    return this.#scheduled().rewrap();
  }

  replaceUnreadable(): Promise<number> {
    return this.#scheduled().replaceUnreadable();
  }

  revision(): Promise<number> {
    return this.#scheduled().revision();
  }

  raiseRevision(): Promise<number> {
    return this.#scheduled().raiseRevision();
  }

  /** Counts from before they had objects of their own. */
  counts(): Record<string, number> {
    return readCounts(this.#database.db);
  }

  recordAct(act: OperatorAct): void {
    this.#database.atomically(() => recordAct(this.#database.db, act));
  }

  acts(): OperatorAct[] {
    return listActs(this.#database.db);
  }

  override async alarm(): Promise<void> {
    await this.snapshot();
  }

  #scheduled(): Schedule {
    const { db, atomically } = this.#database;
    if (this.#schedule === undefined) {
      const making = this.#making();
      const store = sqlKeyStore(
        { db, transact: async (block) => atomically(block) },
        making.config.epochSeconds,
      );
      this.#schedule = new Schedule({ ...making, store });
    }
    return this.#schedule;
  }

  /** Four times an epoch, so that dead keys are destroyed soon after their grace, even if no cron runs. */
  async #setNextAlarm(): Promise<void> {
    const { config, system } = this.#making();
    const seconds = Math.max(1, config.epochSeconds / 4);
    await this.ctx.storage.setAlarm((system.now() + seconds) * 1000);
  }
}
