import type { Bytes } from '@sotto/wire';

/** A checkpoint of a log, as the store keeps it. */
export interface Head {
  readonly size: number;
  readonly root: Bytes; // 32 bytes
  /** The signed checkpoint. */
  readonly note: string;
}

/** What a witness knows of its logs, by their origin. Every method is one transaction. */
export interface WitnessStore {
  /** The largest checkpoint that was accepted; null when there is none. */
  accepted(origin: string): Promise<Head | null>;
  /** Replaces the accepted checkpoint if its size is still `oldSize` (0 when there is none). False otherwise. */
  accept(origin: string, oldSize: number, head: Head): Promise<boolean>;
  /** How many entries are stored: those from index 0 on, without a gap. */
  count(origin: string): Promise<number>;
  /** Entries from index `from` up to `to`, which is not included. */
  entries(origin: string, from: number, to: number): Promise<Bytes[]>;
  /** Leaf hashes, 32 bytes each, of the entries before index `to`. */
  leaves(origin: string, to: number): Promise<Bytes[]>;
  /** Stores entries that follow index `from`, but those that are stored already. Returns the new count. */
  append(origin: string, from: number, entries: readonly Bytes[]): Promise<number>;
  /** The checkpoint that this mirror cosigned and serves; null when there is none. */
  mirrored(origin: string): Promise<Head | null>;
  /** Replaces the checkpoint that is served, unless it is larger. False in that case. */
  mirror(origin: string, head: Head): Promise<boolean>;
}
