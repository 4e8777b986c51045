import { DurableObject } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/durable-sqlite';
import { monotonicClock, type UnixSeconds } from '@sotto/wire';
import type { QuotaOutcome, Take } from '../ports.ts';
import type { Db } from '../store/database.ts';
import { QUOTA_TABLES, takeQuota, usedQuota } from '../store/quota.ts';

/** The quotas of some accounts in one epoch, which its name begins with. It goes whole, with the epoch. */
export abstract class QuotaCounts extends DurableObject {
  readonly #db: Db = drizzle(this.ctx.storage);
  readonly #epoch = Number.parseInt(this.ctx.id.name ?? '', 10);
  readonly #now = monotonicClock(() => this.now());
  #ready = false;

  protected abstract now(): UnixSeconds;
  protected abstract epochSeconds(): number;
  protected abstract grace(): number;

  /** Past its epoch everything is exhausted, since the counts are gone. */
  take(take: Take): QuotaOutcome {
    if (take.epoch !== this.#epoch || this.#over()) return 'exhausted';
    this.#open();
    return takeQuota(this.#db, take);
  }

  used(row: Pick<Take, 'epoch' | 'account' | 'service'>): number {
    if (row.epoch !== this.#epoch || this.#over()) return 0;
    this.#open();
    return usedQuota(this.#db, row);
  }

  #over(): boolean {
    return !(this.#now() < this.#epoch + this.epochSeconds() + this.grace());
  }

  #open(): void {
    if (this.#ready) return;
    for (const table of QUOTA_TABLES) this.ctx.storage.sql.exec(table);
    void this.ctx.storage.setAlarm((this.#epoch + this.epochSeconds() + this.grace()) * 1000);
    this.#ready = true;
  }

  override async alarm(): Promise<void> {
    this.#ready = false;
    await this.ctx.storage.deleteAll();
  }
}
