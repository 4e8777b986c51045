import { openStorage } from '@sotto/service/sqlite/durable';
import { DurableObject } from 'cloudflare:workers';
import type { KeyStore, StoredBundle, StoredEpoch } from '../ports.ts';
import { sqlKeyStore, type Synchronous } from '../store/key-store.ts';
import { MIGRATIONS } from '../store/migrations.ts';

type Sync = Synchronous<KeyStore>;

/** The keys and bundles of all isolates, by epoch: one object. It holds private keys wrapped, never KEY_WRAPPING_KEY. */
export class GatewayKeys extends DurableObject {
  readonly #store: Sync;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    this.#store = sqlKeyStore(openStorage(ctx.storage, MIGRATIONS));
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

  offer(bundles: Parameters<Sync['offer']>[0]): void {
    this.#store.offer(bundles);
  }

  sign(signed: Parameters<Sync['sign']>[0]): boolean {
    return this.#store.sign(signed);
  }
}
