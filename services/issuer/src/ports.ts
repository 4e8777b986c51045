import type { Bytes, Random, UnixSeconds } from '@sotto/wire';

/** Randomness and time, chosen by the entry file. */
export interface System {
  readonly now: () => UnixSeconds;
  readonly random: Random;
  /** The time by which keys and ledgers are deleted: it never runs ahead. Null until it is known. */
  readonly settledNow: () => UnixSeconds | null;
  /** For libraries that take a Date. */
  readonly date: (seconds: UnixSeconds) => Date;
  /** Lets other work run, then waits for some milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** The account of a request, and the tier that decides its quota. */
export interface AttestedAccount {
  readonly hash: Bytes; // 32 bytes, keyed; different in every epoch
  readonly tier: string;
}

/** The inputs of an account's hash. */
export interface AccountContext {
  readonly epoch: UnixSeconds;
  readonly accountKey: Bytes; // 32 bytes
}

/** Verifies account tokens. */
export interface Attester {
  /**
   * @param bearer - the token of the Authorization field
   * @throws {Refusal} `unauthorized`; `unavailable` when the attester's keys cannot be fetched
   */
  attest(bearer: string, context: AccountContext): Promise<AttestedAccount>;

  /** Current problems with the attesters' keys, one line each: path, cause and remedy. */
  check(): Promise<readonly string[]>;

  /** The keyed hash of an account, for an operator who knows its name; null without such an attester. */
  accountHash(account: string, issuer: string | null, context: AccountContext): Bytes | null;
}

/** A batch that is about to be signed, to be charged to an account's quota. */
export interface QuotaCharge {
  readonly epoch: UnixSeconds;
  readonly account: Bytes; // 32 bytes
  readonly service: string;
  readonly count: number; // tokens
  readonly limit: number; // tokens per epoch
  readonly batch: string; // a digest of the blinded batch, 32 hexadecimal digits
}

/**
 * `repeated`: this same batch was charged before, and may be signed again: twice, for lost responses. `ended`: the epoch is
 * over, or its keys were retired, so nothing can be charged and nothing is signed.
 */
export type QuotaOutcome = 'charged' | 'repeated' | 'exhausted' | 'ended';

/** The tokens issued to each account in an epoch. Both methods reject when the store fails; nothing is signed then. */
export interface Quota {
  charge(charge: QuotaCharge): Promise<QuotaOutcome>;
  used(row: Pick<QuotaCharge, 'epoch' | 'account' | 'service'>): Promise<number>;
}

/** Where the spent tokens of one key are kept. */
export interface Ledger {
  readonly keyId: Bytes; // token_key_id, 32 bytes
  readonly shards: number;
  readonly end: UnixSeconds; // the end of acceptance
}

/** One attempt to spend a token. */
export interface Spend {
  readonly id: Bytes; // 32 bytes: SHA-256 of token_key_id and nonce
  readonly tag: Bytes; // 32 bytes
  readonly envelope: Bytes; // 32 bytes
  readonly call: Bytes; // 8 random bytes: distinguishes a repetition of this call from a replay of its envelope
  readonly idempotent: boolean; // whether the same request may be sent to the service again
}

/** `ended`: past the end of acceptance, or closed by a restore. */
export type SpendOutcome = 'first' | 'again' | 'replayed' | 'spent' | 'ended';

/** The ledgers of spent tokens. */
export interface SpentTokens {
  /**
   * Records that a token was spent. Of concurrent calls with one id, exactly one resolves to `first`. With
   * the same tag and new envelopes at most two more resolve to `again`, and only for an idempotent service.
   * The same call repeated, because its result was lost, resolves as before. Rejects when the store fails:
   * then the token must not be used.
   */
  spend(ledger: Ledger, spend: Spend): Promise<SpendOutcome>;

  /** Refuses every token of the key from now on, durably. */
  close(ledger: Ledger): Promise<void>;
}

/** A key as the authority gives it to those who use it. */
export interface KeyRecord {
  readonly service: string;
  readonly epoch: UnixSeconds;
  readonly type: number;
  readonly keyId: Bytes; // 32 bytes
  readonly publicKey: Bytes;
  readonly wrapped: Bytes;
  readonly shards: number;
}

export interface KeySnapshot {
  /** The current epoch by the authority's clock, which never runs backwards. */
  readonly epoch: UnixSeconds;
  readonly keys: readonly KeyRecord[];
  /** Names the ACCOUNT_KEY of the current epoch: 16 bytes. */
  readonly accountKeyId: Bytes | null;
}

export interface KeyListing {
  readonly service: string;
  readonly epoch: UnixSeconds;
  readonly type: number;
  readonly keyId: Bytes;
  readonly state: 'ahead' | 'current' | 'previous' | 'grace';
  readonly evaluations: number;
}

/** The one place that makes, keeps and destroys keys. */
export interface KeyAuthority {
  /** Every key that exists, after those that the schedule lacks were made. */
  snapshot(): Promise<KeySnapshot>;
  list(): Promise<readonly KeyListing[]>;
  /** Takes evaluations off a key's ceiling. False when too few are left. */
  reserve(keyId: Bytes, count: number): Promise<boolean>;
  /** After a restore: destroys every key that may have signed, and closes its ledger. Returns how many. */
  retireAll(): Promise<number>;
  /** Wraps every key under KEY_WRAPPING_KEY that is still wrapped under KEY_WRAPPING_KEY_PREVIOUS. */
  rewrap(): Promise<RewrapResult>;
  /** After KEY_WRAPPING_KEY was lost: replaces the unreadable keys of later epochs. Returns how many keys were lost. */
  replaceUnreadable(): Promise<number>;
  /** The revision of the store. */
  revision(): Promise<number>;
  /** Raises the revision by one, and returns it. */
  raiseRevision(): Promise<number>;
}

/** The keys that {@link KeyAuthority.rewrap} found. */
export interface RewrapResult {
  readonly rewrapped: number;
  /** Keys that no wrapping key unwraps. */
  readonly unreadable: readonly Pick<KeyRecord, 'service' | 'type' | 'epoch'>[];
}
