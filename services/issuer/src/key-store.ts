import type { Bytes, UnixSeconds } from '@sotto/wire';

/** A key as a store keeps it. */
export interface KeyRow {
  readonly service: string;
  readonly epoch: UnixSeconds; // its start
  readonly type: number;
  readonly keyId: Bytes; // token_key_id, 32 bytes
  /** truncated_token_key_id: distinct among the keys that exist. */
  readonly truncated: number;
  readonly publicKey: Bytes;
  readonly wrapped: Bytes;
  readonly shards: number;
  /** Evaluations reserved so far, of the key's ceiling. */
  readonly evaluations: number;
}

/** A key that was made, before it is stored. */
export type NewKey = Omit<KeyRow, 'evaluations'>;

/** Values of a store that must never decrease. */
export interface IssuerState {
  /** The latest epoch that was current. */
  readonly epoch: UnixSeconds;
  /** The number of times that every key was retired. */
  readonly generation: number;
  /** Epochs up to this one have no keys and get none, because a restore retired them. -1 without a restore. */
  readonly retiredThrough: number;
  /** The length of the epochs that every key was made for, in seconds. */
  readonly epochSeconds: number;
  readonly issuerName: string | null;
  readonly accountKeyId: Bytes | null;
  readonly revision: number;
}

/** The state and the keys of a store at one moment. */
export interface StoredKeys {
  readonly state: IssuerState;
  readonly keys: readonly KeyRow[]; // by epoch, service and type
}

/** A secret that was wrapped again. */
export interface RewrappedRow {
  readonly row: KeyRow;
  readonly after: Bytes;
}

/** The changes of one transaction, and its result. */
export interface KeyChange<T> {
  readonly result: T;
  readonly state?: IssuerState;
  /** Keys that are deleted, together with their ledgers: no token of theirs is redeemed any more. */
  readonly destroy?: readonly KeyRow[];
  readonly add?: readonly NewKey[];
  /** Replaces secrets that are still as they were. */
  readonly rewrap?: readonly RewrappedRow[];
}

/** Where the state and the keys are. The schedule decides what changes; a store only carries it out. */
export interface KeyStore {
  /**
   * Decides on the state and the keys of one moment, and carries the change out before anyone else changes them.
   *
   * @param decide - pure, since a store may call it more than once
   */
  update<T>(decide: (stored: StoredKeys) => KeyChange<T>): Promise<T>;
  /** Reserves evaluations of a key's ceiling: all or none. False also for a key that does not exist. */
  reserve(keyId: Bytes, count: number, ceilingOf: (service: string) => number): Promise<boolean>;
  /** Raises the revision by one, and returns it. */
  raiseRevision(): Promise<number>;
}

/** The state of an empty store with epochs of this length. */
export const firstState = (epochSeconds: number): IssuerState => ({
  epoch: 0,
  generation: 0,
  retiredThrough: -1,
  epochSeconds,
  issuerName: null,
  accountKeyId: null,
  revision: 0,
});
