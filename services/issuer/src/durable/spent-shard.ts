import type { Db } from '@sotto/service/sqlite';
import { onlyTables } from '@sotto/service/migrations';
import { openStorage } from '@sotto/service/sqlite/durable';
import { graceSeconds, monotonicClock, type UnixSeconds } from '@sotto/wire';
import { DurableObject } from 'cloudflare:workers';
import type { Spend, SpendOutcome } from '../ports.ts';
import { MIGRATIONS } from '../store/migrations.ts';
import { closeLedger, spendToken } from '../store/spent.ts';
import { epochSecondsOf, type EpochEnv } from './epoch-seconds.ts';
import { ledgerEnd } from './names.ts';

const TABLES = onlyTables(MIGRATIONS, 'spent_tokens', 'closed_ledgers');

/** One object is one ledger. */
const LEDGER = 0;

/**
 * The spent tokens of one shard of one key, for as long as they are accepted. An alarm deletes the whole object, so the
 * object itself checks the end of acceptance: a late redemption must not find an emptied ledger.
 */
export class SpentShard extends DurableObject<EpochEnv> {
  readonly #end = ledgerEnd(this.ctx.id.name);
  readonly #deletedAt = this.#end + graceSeconds(epochSecondsOf(this.env));
  readonly #now: () => UnixSeconds;
  #db: Db | undefined;

  constructor(ctx: DurableObjectState, env: EpochEnv, now: () => UnixSeconds) {
    super(ctx, env);
    this.#now = monotonicClock(now);
  }

  /** There is no `await` between the check of the end and the insert. */
  spend(spend: Spend): SpendOutcome {
    if (this.#now() >= this.#end) return 'ended';
    return spendToken(this.#open(), LEDGER, spend);
  }

  close(): void {
    if (this.#now() >= this.#end) return;
    closeLedger(this.#open(), LEDGER, this.#end);
  }

  /**
   * Makes the tables and sets the alarm at the first token, in one commit; never after the end, or the ledger would stay forever. Later it
   * sets no alarm, because each is a row that is billed.
   */
  #open(): Db {
    if (this.#db === undefined) {
      const { db, isMigrated } = openStorage(this.ctx.storage, TABLES);
      this.#db = db;
      if (isMigrated) void this.ctx.storage.setAlarm(this.#deletedAt * 1000);
    }
    return this.#db;
  }

  override async alarm(): Promise<void> {
    if (this.#now() < this.#deletedAt) return this.ctx.storage.setAlarm(this.#deletedAt * 1000); // it came early
    this.#db = undefined;
    await this.ctx.storage.deleteAll();
  }
}
