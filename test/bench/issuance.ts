import { fromBase64url, type Bytes } from '@sotto/wire';
import type { PendingTokens } from '@sotto/privacypass';
import { accountHash } from '../../services/issuer/src/attest/account-key.ts';
import { QUOTA_SHARDS, shardOf } from '../../services/issuer/src/durable/names.ts';
import { ATTESTER } from '../../services/local/src/account.ts';
import type { Suite } from '../../services/local/src/suite.ts';
import type { RawExchange } from '../support/raw-exchange.ts';
import type { Clock } from './measure.ts';

/** Quota objects that do not exist before a measurement makes them. */
const KEPT = 8;

/**
 * Batches of 30 tokens at a live issuer, each for a new account, and the microseconds of CPU that they cost. An epoch has 32 quota
 * objects. Most batches use one that an earlier account created; a few create one.
 */
export class Issuance {
  readonly #raw: RawExchange;
  readonly #clock: Clock;
  readonly #shardOf: (account: string) => number;
  readonly #batch: PendingTokens;
  #accounts = 0;
  #made = 0; // of the objects that were kept

  private constructor(suite: Suite, raw: RawExchange, clock: Clock, batch: PendingTokens) {
    this.#raw = raw;
    this.#clock = clock;
    this.#batch = batch;
    const key = fromBase64url(suite.secrets.accountKey);
    const epoch = raw.bundle.notBefore;
    this.#shardOf = (account) => shardOf(accountHash(key, ATTESTER, account, epoch), QUOTA_SHARDS);
  }

  static async of(suite: Suite, raw: RawExchange, clock: Clock): Promise<Issuance> {
    return new Issuance(suite, raw, clock, await raw.blind());
  }

  /** Issues tokens that can be used. */
  tokens(): Promise<Bytes[]> {
    return this.#raw.issue(this.#account(false));
  }

  /** The cost of a batch. All are the same batch, so that the machine does nothing else between two. */
  async cost(): Promise<number> {
    return this.#costOf(this.#account(false));
  }

  /** The cost of a batch whose quota object does not exist yet. */
  async costWithObject(): Promise<number> {
    if (this.#made === KEPT) throw new Error(`there are only ${KEPT} new quota objects`);
    const cost = await this.#costOf(this.#account(true));
    this.#made++;
    return cost;
  }

  async #costOf(account: string): Promise<number> {
    const began = this.#clock();
    await this.#raw.sendBatch(account, this.#batch);
    return this.#clock() - began;
  }

  /** A new account: of the next object that was kept, or of any that was not. */
  #account(isOfKept: boolean): string {
    for (;;) {
      const account = `bench ${this.#accounts++}`;
      const shard = this.#shardOf(account);
      if (isOfKept ? shard === this.#made : shard >= KEPT) return account;
    }
  }
}
