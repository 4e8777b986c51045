import { DurableObject } from 'cloudflare:workers';
import { sqlKeyStore, type SyncKeyStore } from '../keys/sql-key-store.ts';
import type { StoredBundle, StoredEpoch } from '../ports.ts';
import { openDatabase } from './migrate.ts';

/** The key authority: one object, the same epochs for every isolate. What it keeps of private keys is wrapped. */
export class GatewayKeys extends DurableObject {
  readonly #store: SyncKeyStore;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    this.#store = sqlKeyStore(openDatabase(ctx.storage));
  }

  epochs(from: number, to: number): StoredEpoch[] {
    return this.#store.epochs(from, to);
  }

  add(epochs: StoredEpoch[]): void {
    this.#store.add(epochs);
  }

  destroy(before: number): void {
    this.#store.destroy(before);
  }

  bundles(from: number, to: number): StoredBundle[] {
    return this.#store.bundles(from, to);
  }

  offer(bundles: Parameters<SyncKeyStore['offer']>[0]): void {
    this.#store.offer(bundles);
  }

  sign(signed: Parameters<SyncKeyStore['sign']>[0]): boolean {
    return this.#store.sign(signed);
  }
}
