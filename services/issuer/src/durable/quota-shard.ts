import type { Db } from '@sotto/service/sqlite';
import { onlyTables } from '@sotto/service/migrations';
import { openStorage } from '@sotto/service/sqlite/durable';
import { graceSeconds, monotonicClock, type UnixSeconds } from '@sotto/wire';
import { DurableObject } from 'cloudflare:workers';
import type { QuotaOutcome, QuotaCharge } from '../ports.ts';
import { MIGRATIONS } from '../store/migrations.ts';
import { chargeQuota, usedQuota } from '../store/quota.ts';
import { epochSecondsOf, type EpochEnv } from './epoch-seconds.ts';

/** Objects are made all the time, and every table costs time. */
const TABLES = onlyTables(MIGRATIONS, 'quotas');

/** The quotas of some accounts in one epoch, whose start the object's name begins with. Deleted after the epoch. */
export class QuotaShard extends DurableObject<EpochEnv> {
  readonly #epoch = Number.parseInt(this.ctx.id.name ?? '', 10);
  readonly #now: () => UnixSeconds;
  readonly #end: UnixSeconds;
  #db: Db | undefined;

  constructor(ctx: DurableObjectState, env: EpochEnv, now: () => UnixSeconds) {
    super(ctx, env);
    const epochSeconds = epochSecondsOf(env);
    this.#now = monotonicClock(now);
    this.#end = this.#epoch + epochSeconds + graceSeconds(epochSeconds);
  }

  /** After the epoch nothing can be charged, because the counts are gone. */
  charge(charge: QuotaCharge): QuotaOutcome {
    return this.#isLive(charge.epoch) ? chargeQuota(this.#open(), charge) : 'ended';
  }

  used(row: Pick<QuotaCharge, 'epoch' | 'account' | 'service'>): number {
    return this.#isLive(row.epoch) ? usedQuota(this.#open(), row) : 0;
  }

  #isLive(epoch: UnixSeconds): boolean {
    return epoch === this.#epoch && this.#now() < this.#end;
  }

  /** Makes the tables and sets the alarm at the first use, in one commit. It sets no alarm later, because each alarm is a billed row. */
  #open(): Db {
    if (this.#db === undefined) {
      const { db, isMigrated } = openStorage(this.ctx.storage, TABLES);
      this.#db = db;
      if (isMigrated) void this.ctx.storage.setAlarm(this.#end * 1000);
    }
    return this.#db;
  }

  override async alarm(): Promise<void> {
    this.#db = undefined;
    await this.ctx.storage.deleteAll();
  }
}
