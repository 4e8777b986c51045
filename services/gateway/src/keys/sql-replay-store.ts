import { eq, lt, min, sql } from 'drizzle-orm';
import { base64url, type UnixSeconds } from '@sotto/wire';
import type { ReplayStore } from '../ports.ts';
import { envelopes } from './schema.ts';
import type { SyncDatabase } from './sql-key-store.ts';

export interface SyncReplayStore {
  admit(...args: Parameters<ReplayStore['admit']>): Awaited<ReturnType<ReplayStore['admit']>>;
  /** Forgets what no longer counts; when the first of the rest expires, null when none is left. */
  purge(now: UnixSeconds): UnixSeconds | null;
}

/**
 * Envelopes in SQLite, at most `capacity` of them live.
 *
 * The insert decides: it says `first` to one of any number that race, and does nothing when the store is full.
 */
export function sqlReplayStore(db: SyncDatabase, capacity: number): SyncReplayStore {
  const count = sql<number>`(select count(*) from ${envelopes})`;
  return {
    admit(envelope, expires, now) {
      db.delete(envelopes).where(lt(envelopes.expires, now)).run();
      const key = base64url(envelope);
      const inserted = db.all(
        sql`insert into ${envelopes} (envelope, expires) select ${key}, ${expires} where ${count} < ${capacity} on conflict do nothing returning envelope`,
      );
      if (inserted.length === 1) return 'first';
      const seen = db.select().from(envelopes).where(eq(envelopes.envelope, key)).all();
      return seen.length === 1 ? 'replayed' : 'full';
    },
    purge(now) {
      db.delete(envelopes).where(lt(envelopes.expires, now)).run();
      return (
        db
          .select({ first: min(envelopes.expires) })
          .from(envelopes)
          .get()?.first ?? null
      );
    },
  };
}
