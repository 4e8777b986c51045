import { equalBytes, type Bytes } from '@sotto/wire';
import { ClientError } from '../error.ts';
import { decodeState, emptyState, encodeState, type WalletState } from './state.ts';

/**
 * Where a client keeps tokens, the key bundle and its schedule.
 *
 * `change` runs alone: no other tab, process or call comes between what it reads and what it leaves. It is
 * synchronous, alters the state in place, and may be run again on a fresher state when another was first.
 * When the promise resolves the new state is durable; when `change` throws, nothing has changed.
 *
 * @throws {ClientError} `wallet-unavailable`
 */
export interface Wallet {
  update<T>(change: (state: WalletState) => T): Promise<T>;
}

/** A place for one byte string, replaced whole. */
export interface Store {
  /** What stands there, and the number of times that it was replaced. */
  load(): Promise<{ readonly version: number; readonly bytes: Bytes } | null>;
  /**
   * Replaces what stands at this version (0: nothing yet). False when another was first, and then nothing
   * is changed. True when it is durable.
   */
  replace(version: number, bytes: Bytes): Promise<boolean>;
}

/** Keeps a store's content from those who may read the store alone. The version is authenticated. */
export interface Sealer {
  seal(bytes: Bytes, version: number): Promise<Bytes>;
  /** @throws when the bytes are not what was sealed */
  open(bytes: Bytes, version: number): Promise<Bytes>;
}

const TRIES = 200; // against other tabs and processes

/** A wallet on any store that can compare and replace. */
export function walletOver(store: Store, sealer?: Sealer): Wallet {
  let tail: Promise<unknown> = Promise.resolve();
  return {
    update<T>(change: (state: WalletState) => T): Promise<T> {
      const mine = tail.then(() => updateOnce(store, sealer, change));
      tail = mine.catch(() => {});
      return mine;
    },
  };
}

async function updateOnce<T>(
  store: Store,
  sealer: Sealer | undefined,
  change: (state: WalletState) => T,
): Promise<T> {
  for (let i = 0; i < TRIES; i++) {
    const { version, before, state } = await read(store, sealer);
    const value = change(state);
    const after = encodeState(state);
    if (before !== null && equalBytes(before, after)) return value;
    if (await write(store, sealer, version, after)) return value;
  }
  throw new ClientError('wallet-unavailable');
}

interface Read {
  readonly version: number;
  readonly before: Bytes | null; // the state as it was encoded; null in an empty store
  readonly state: WalletState;
}

async function read(store: Store, sealer: Sealer | undefined): Promise<Read> {
  try {
    const kept = await store.load();
    if (kept === null) return { version: 0, before: null, state: emptyState() };
    const { version, bytes } = kept;
    const before = sealer === undefined ? bytes : await sealer.open(bytes, version);
    return { version, before, state: decodeState(before) };
  } catch {
    throw new ClientError('wallet-unavailable');
  }
}

async function write(
  store: Store,
  sealer: Sealer | undefined,
  version: number,
  after: Bytes,
): Promise<boolean> {
  try {
    const sealed = sealer === undefined ? after : await sealer.seal(after, version + 1);
    return await store.replace(version, sealed);
  } catch {
    throw new ClientError('wallet-unavailable');
  }
}
