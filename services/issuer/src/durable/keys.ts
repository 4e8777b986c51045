import { DurableObject } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/durable-sqlite';
import { acceptedUntil, type Bytes } from '@sotto/wire';
import type { KeyListing, KeySnapshot, Ledger } from '../ports.ts';
import { Schedule, type ScheduleDeps } from '../schedule.ts';
import type { Db } from '../store/database.ts';
import { addCounts, KEY_TABLES, readCounts } from '../store/keys.ts';

/**
 * The authority over keys: one object in the world, so that one key stands in each place of the
 * schedule. It keeps secrets wrapped, and hands them to the issuer's isolates as they are.
 */
export abstract class KeyStore extends DurableObject {
  readonly #db: Db = drizzle(this.ctx.storage);
  #schedule: Schedule | undefined;

  /** What the schedule needs beside the database. Throws when the configuration is wrong. */
  protected abstract deps(): Omit<ScheduleDeps, 'database'>;

  snapshot(): KeySnapshot {
    const schedule = this.#open();
    schedule.run();
    this.#wakeNext();
    return schedule.snapshot();
  }

  list(): KeyListing[] {
    return this.#open().list();
  }

  reserve(keyId: Bytes, count: number): boolean {
    return this.#open().reserve(keyId, count);
  }

  /** The ledgers of every key that may have signed. */
  ledgers(): Ledger[] {
    const { epochSeconds } = this.deps().config;
    const { epoch: current, keys } = this.snapshot();
    return keys
      .filter(({ epoch }) => epoch <= current)
      .map(({ keyId, shards, epoch }) => ({ keyId, shards, end: acceptedUntil(epoch, epochSeconds) }));
  }

  /** Destroys every key that may have signed. Returns how many. */
  retireAll(): number {
    return this.#open().retireAll().length;
  }

  addCounts(counts: Readonly<Record<string, number>>): void {
    this.#open();
    addCounts(this.#db, counts);
  }

  counts(): Record<string, number> {
    this.#open();
    return readCounts(this.#db);
  }

  override alarm(): void {
    this.snapshot();
  }

  #open(): Schedule {
    if (this.#schedule === undefined) {
      for (const table of KEY_TABLES) this.ctx.storage.sql.exec(table);
      const { storage } = this.ctx;
      const database = { db: this.#db, atomically: <T>(work: () => T): T => storage.transactionSync(work) };
      this.#schedule = new Schedule({ ...this.deps(), database });
    }
    return this.#schedule;
  }

  /** Four times an epoch, so that dead keys go soon after their grace, even if no cron runs. */
  #wakeNext(): void {
    const { config, platform } = this.deps();
    const seconds = Math.max(1, config.epochSeconds / 4);
    void this.ctx.storage.setAlarm((platform.now() + seconds) * 1000);
  }
}
