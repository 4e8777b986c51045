import { DurableObject } from 'cloudflare:workers';
import type { UnixSeconds } from '@sotto/wire';
import { sqlReplayStore, type SyncReplayStore } from '../keys/sql-replay-store.ts';
import { openDatabase } from './migrate.ts';

/** Live envelopes that one shard remembers; then it refuses. All shards: 262,144 in the 15 minutes of a Date. */
const CAPACITY = 16_384;

export const REPLAY_SHARDS = 16;

/** Envelopes seen, of services without tokens: one share of them, by the first bits of an HMAC. */
export class ReplayShard extends DurableObject {
  readonly #store: SyncReplayStore;

  constructor(ctx: DurableObjectState, env: { readonly REPLAY_CAPACITY?: string }) {
    super(ctx, env);
    this.#store = sqlReplayStore(openDatabase(ctx.storage), Number(env.REPLAY_CAPACITY ?? CAPACITY));
  }

  async admit(
    envelope: Uint8Array<ArrayBuffer>,
    expires: UnixSeconds,
    now: UnixSeconds,
  ): Promise<'first' | 'replayed' | 'full'> {
    const verdict = this.#store.admit(envelope, expires, now); // one block: nothing comes between
    if (verdict === 'first' && (await this.ctx.storage.getAlarm()) === null) {
      await this.ctx.storage.setAlarm((expires + 1) * 1000);
    }
    return verdict;
  }

  /** Forgets what no longer counts, also when nobody comes any more. */
  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    const now = (info?.scheduledTime ?? 0) / 1000;
    const next = this.#store.purge(now);
    if (next !== null) await this.ctx.storage.setAlarm((next + 1) * 1000);
  }
}
