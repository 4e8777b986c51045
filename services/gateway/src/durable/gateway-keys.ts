import { openStorage } from '@sotto/service/sqlite/durable';
import type { OperatorAct } from '@sotto/service/operator';
import type { Database, Synchronous } from '@sotto/service/sqlite';
import { listActs, readCounts, recordAct } from '@sotto/service/sqlite/operator';
import { DurableObject } from 'cloudflare:workers';
import type { KeyStore, RewrappedKey, StoredBundle, StoredEpoch } from '../ports.ts';
import { sqlKeyStore } from '../store/key-store.ts';
import { MIGRATIONS } from '../store/migrations.ts';

type Sync = Synchronous<KeyStore>;

/** The keys and bundles of all isolates by epoch, and the operators' log: one object. It holds private keys wrapped, never KEY_WRAPPING_KEY. */
export class GatewayKeys extends DurableObject {
  readonly #store: Sync;
  readonly #database: Database;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    this.#database = openStorage(ctx.storage, MIGRATIONS);
    this.#store = sqlKeyStore(this.#database);
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

  discard(epochIndexes: number[]): void {
    this.#store.discard(epochIndexes);
  }

  rewrap(changes: RewrappedKey[]): void {
    this.#store.rewrap(changes);
  }

  bundles(from: number, to: number): StoredBundle[] {
    return this.#store.bundles(from, to);
  }

  offer(bundles: Parameters<Sync['offer']>[0]): void {
    this.#store.offer(bundles);
  }

  withdraw(epochIndexes: number[]): void {
    this.#store.withdraw(epochIndexes);
  }

  issuerRevision(): number {
    return this.#store.issuerRevision();
  }

  rememberIssuerRevision(revision: number): void {
    this.#store.rememberIssuerRevision(revision);
  }

  sign(signed: Parameters<Sync['sign']>[0]): boolean {
    return this.#store.sign(signed);
  }

  /** Counts from before they had objects of their own. */
  counts(): Record<string, number> {
    return readCounts(this.#database.db);
  }

  recordAct(act: OperatorAct): void {
    this.#database.atomically(() => recordAct(this.#database.db, act));
  }

  acts(): OperatorAct[] {
    return listActs(this.#database.db);
  }
}
