import type { Db } from '@sotto/service/sqlite';
import { base64url, type UnixSeconds } from '@sotto/wire';
import { eq, lt, min, sql } from 'drizzle-orm';
import type { ReplayStore } from '../ports.ts';
import type { Synchronous } from './key-store.ts';
import { envelopes } from './schema.ts';

export interface SyncReplayStore extends Synchronous<ReplayStore> {
  /** Deletes expired envelopes. Returns when the next one expires, or null when none is left. */
  purge(now: UnixSeconds): UnixSeconds | null;
}

/**
 * Envelopes in SQLite, at most `capacity` of them live.
 *
 * The insert decides: of any number of racing calls it returns `first` to one, and it adds nothing to a full store.
 */
export function sqlReplayStore(db: Db, capacity: number): SyncReplayStore {
  const count = sql<number>`(select count(*) from ${envelopes})`;
  return {
    admit(envelope, expires, now) {
      db.delete(envelopes).where(lt(envelopes.expires, now)).run();
      const inserted = db.all(
        sql`insert into ${envelopes} (envelope, expires) select ${base64url(envelope)}, ${expires} where ${count} < ${capacity} on conflict do nothing returning envelope`,
      );
      if (inserted.length === 1) return 'first';
      const seen = db.select().from(envelopes).where(eq(envelopes.envelope, envelope)).all();
      return seen.length === 1 ? 'replayed' : 'full';
    },
    purge(now) {
      db.delete(envelopes).where(lt(envelopes.expires, now)).run();
      const next = db
        .select({ expires: min(envelopes.expires) })
        .from(envelopes)
        .get();
      return next?.expires ?? null;
    },
  };
}
