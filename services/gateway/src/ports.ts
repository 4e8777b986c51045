import type { RevisionStore } from './issuer.ts';
import type { Bytes, UnixSeconds } from '@sotto/wire';

/** Remembers envelopes to services without tokens, for as long as their Date would be accepted. */
export interface ReplayStore {
  /**
   * `first`: the envelope was not seen before. `full`: there is no room, and no live entry is dropped for another.
   * `expired`: it may have been seen and forgotten.
   *
   * @param envelope - 32 bytes, an HMAC of `enc`
   * @param expires - the last second in which it would be taken
   */
  admit(
    envelope: Bytes,
    expires: UnixSeconds,
    now: UnixSeconds,
  ): Promise<'first' | 'replayed' | 'expired' | 'full'>;
}

export interface StoredKey {
  readonly kemId: number;
  readonly keyId: number;
  readonly publicKey: Bytes;
  readonly wrapped: Bytes; // the private key, under the wrapping key
}

/** The keys of one epoch: OHTTP key pairs, and the HMAC key of tags. */
export interface StoredEpoch {
  readonly epochIndex: number;
  readonly keys: readonly StoredKey[];
  readonly tagKey: Bytes; // 32 bytes, wrapped
}

/** A key that was wrapped again under another wrapping key. */
export interface RewrappedKey {
  readonly epochIndex: number;
  /** Null for the epoch's HMAC key. */
  readonly kemId: number | null;
  readonly before: Bytes;
  readonly after: Bytes;
}

export interface StoredBundle {
  readonly epochIndex: number;
  readonly bundle: Bytes;
  readonly signature: Bytes | null;
  /**
   * The signature of the bundle's conversion to version 1; null without a signature, or if the bundle has
   * version 1 itself.
   */
  readonly signature1: Bytes | null;
  /**
   * The proof that the signed bundle is in a public log (C2SP tlog-proof); then it is never replaced. Null
   * without one.
   */
  readonly proof: string | null;
}

/** Keeps the keys and bundles of epochs for all isolates. It never holds the key that wraps them. */
export interface KeyStore extends RevisionStore {
  epochs(from: number, to: number): Promise<StoredEpoch[]>;
  /** Adds epochs. One that is there stays as it is; one below a destroyed epoch never comes back. */
  add(epochs: readonly StoredEpoch[]): Promise<void>;
  /** Deletes everything of epochs below this one, permanently. */
  destroy(before: number): Promise<void>;
  /** Deletes everything of these epochs, so that `add` can make them again. */
  discard(epochIndexes: readonly number[]): Promise<void>;
  /** Replaces wrapped keys that are still as they were. */
  rewrap(changes: readonly RewrappedKey[]): Promise<void>;
  bundles(from: number, to: number): Promise<StoredBundle[]>;
  /** Puts bundles up to be signed. One that is signed stays as it is. */
  offer(bundles: readonly { readonly epochIndex: number; readonly bundle: Bytes }[]): Promise<void>;
  /** Deletes the bundles of these epochs, signed ones too. Only for bundles that were not shown and that no log has. */
  withdraw(epochIndexes: readonly number[]): Promise<void>;
  /** Keeps signatures, and a proof if there is one, if this is still the bundle of its epoch; true if so. */
  sign(signed: {
    readonly epochIndex: number;
    readonly bundle: Bytes;
    readonly signature: Bytes;
    readonly signature1: Bytes | null;
    readonly proof: string | null;
  }): Promise<boolean>;
}
