import { openStorage } from '@sotto/service/sqlite/durable';
import type { UnixSeconds } from '@sotto/wire';
import { DurableObject } from 'cloudflare:workers';
import { MIGRATIONS } from '../store/migrations.ts';
import { sqlReplayStore, type SyncReplayStore } from '../store/replay-store.ts';

/** Live envelopes in one shard, which then refuses. In all shards: 262,144 in the 15 minutes that a Date is accepted. */
const CAPACITY = 16_384;

export const REPLAY_SHARDS = 16;

/** Envelopes seen by services without tokens. Each shard holds a share of them, chosen by the first byte of the HMAC. */
export class ReplayShard extends DurableObject {
  readonly #store: SyncReplayStore;

  constructor(ctx: DurableObjectState, env: { readonly REPLAY_CAPACITY?: string }) {
    super(ctx, env);
    this.#store = sqlReplayStore(
      openStorage(ctx.storage, MIGRATIONS).db,
      Number(env.REPLAY_CAPACITY ?? CAPACITY),
    );
  }

  async admit(
    envelope: Uint8Array<ArrayBuffer>,
    expires: UnixSeconds,
    now: UnixSeconds,
  ): Promise<'first' | 'replayed' | 'expired' | 'full'> {
    const verdict = this.#store.admit(envelope, expires, now); // synchronous, so no other call comes between
    if (verdict === 'first' && (await this.ctx.storage.getAlarm()) === null) {
      await this.ctx.storage.setAlarm((expires + 1) * 1000);
    }
    return verdict;
  }

  /** Deletes expired envelopes, so that they also go when no further request arrives. */
  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    const now = (info?.scheduledTime ?? 0) / 1000;
    const next = this.#store.purge(now);
    if (next !== null) await this.ctx.storage.setAlarm((next + 1) * 1000);
  }
}
