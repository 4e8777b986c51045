import { StoreError } from '@sotto/service/store';

/**
 * The error for a store that is older than a gateway remembers: it was restored, and would accept spent
 * tokens again.
 */
export const STALE_STORE =
  'STORE: is older than the gateway remembers, or new, so nothing is issued or redeemed. Start once with RESTORED=1, or call retire-all (specs/storage.md, “A restore”)';

/**
 * The revision of the store, as this process or isolate knows it. It grows with every spent token on Node, and with every
 * call of the gateway's schedule on Workers, where ledgers are many objects that cannot be restored together.
 */
export class StoreRevision {
  readonly #read: () => Promise<number>;
  #latest = 0; // that this process knows of
  #required = 0; // the highest that a gateway has seen

  /** @param read - the revision in the store */
  constructor(read: () => Promise<number>) {
    this.#read = read;
  }

  get latest(): number {
    return this.#latest;
  }

  /** Whether a gateway has proved that the store is old. */
  get isStale(): boolean {
    return this.#required > this.#latest;
  }

  observe(revision: number): void {
    this.#latest = Math.max(this.#latest, revision);
  }

  /** @throws {StoreError} `failed` if the store is older than this revision, or than an earlier one */
  async require(known: number): Promise<void> {
    this.#required = Math.max(this.#required, known);
    if (this.isStale) this.observe(await this.#read()); // another process or isolate may have raised it
    this.refuseStale();
  }

  /** @throws {StoreError} `failed` */
  refuseStale(): void {
    if (this.isStale) throw new StoreError('failed', STALE_STORE);
  }
}
