import { createHash } from 'node:crypto';
import { fromBase64url } from '@sotto/wire';
import { accountHash } from '../../services/issuer/src/attest/account-key.ts';
import { QUOTA_SHARDS, shardOf } from '../../services/issuer/src/durable/names.ts';
import { ATTESTER } from '../../services/local/src/account.ts';
import type { Suite } from '../../services/local/src/suite.ts';
import { quotaOf } from './bare/layout.ts';

/** Quota objects that are not made before a measurement makes them. */
const KEPT = 12;

/**
 * Names of new accounts for batches of tokens. An epoch has 32 quota objects. Most of these accounts use one that an earlier
 * account created; a few create one.
 */
export class Accounts {
  readonly #objectOf: (account: string) => number;
  #accounts = 0;
  #made = 0; // of the objects that were kept

  /** @param objectOf - the quota object of an account */
  constructor(objectOf: (account: string) => number) {
    this.#objectOf = objectOf;
  }

  /** A new account of an object that is not kept. */
  next(): string {
    return this.#accountWhere((object) => object >= KEPT);
  }

  /** A new account whose quota object does not exist yet. */
  nextWithObject(): string {
    if (this.#made === KEPT) throw new Error(`there are only ${KEPT} new quota objects`);
    const made = this.#made++;
    return this.#accountWhere((object) => object === made);
  }

  #accountWhere(isWanted: (object: number) => boolean): string {
    for (;;) {
      const account = `bench ${this.#accounts++}`;
      if (isWanted(this.#objectOf(account))) return account;
    }
  }
}

/** The quota object of an account at our issuer. */
export function quotaObjectOf({ secrets }: Suite, epoch: number): (account: string) => number {
  const key = fromBase64url(secrets.accountKey);
  return (account) => shardOf(accountHash(key, ATTESTER, account, epoch), QUOTA_SHARDS);
}

/** The quota object of an account at a bare issuer. */
export const bareQuotaObjectOf = (account: string): number =>
  quotaOf(createHash('sha256').update(account).digest());
