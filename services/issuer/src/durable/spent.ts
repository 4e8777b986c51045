import { DurableObject } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/durable-sqlite';
import { monotonicClock, type UnixSeconds } from '@sotto/wire';
import type { Spend, SpendOutcome } from '../ports.ts';
import type { Db } from '../store/database.ts';
import { SPENT_TABLES } from '../store/spent-schema.ts';
import { closeLedger, spendToken } from '../store/spent.ts';
import { ledgerEnd } from './names.ts';

/** One object is one ledger. */
const LEDGER = 0;

/**
 * The spent tokens of one shard of one key, for as long as they are accepted. It goes whole, by alarm,
 * and so it checks the end of acceptance itself: a late redemption must not meet an emptied ledger.
 */
export abstract class SpentLedger extends DurableObject {
  readonly #db: Db = drizzle(this.ctx.storage);
  readonly #end = ledgerEnd(this.ctx.id.name);
  readonly #now = monotonicClock(() => this.now());
  #ready = false;

  protected abstract now(): UnixSeconds;

  /** Seconds from the end of acceptance to the end of the ledger. */
  protected abstract grace(): number;

  /** No `await`, from the check of the end to the insert. */
  spend(spend: Spend): SpendOutcome {
    if (this.#now() >= this.#end) return 'ended';
    this.#open();
    return spendToken(this.#db, LEDGER, spend);
  }

  close(): void {
    if (this.#now() >= this.#end) return;
    this.#open();
    closeLedger(this.#db, LEDGER, this.#end);
  }

  /** Tables and alarm come with the first token, and never after the end: else the ledger would stay for ever. */
  #open(): void {
    if (this.#ready) return;
    for (const table of SPENT_TABLES) this.ctx.storage.sql.exec(table);
    void this.ctx.storage.setAlarm((this.#end + this.grace()) * 1000);
    this.#ready = true;
  }

  override async alarm(): Promise<void> {
    this.#ready = false;
    await this.ctx.storage.deleteAll();
  }
}
