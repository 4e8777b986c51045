import { equalBytes, type Bytes } from '@sotto/wire';
import { ClientError, clientError } from '../error.ts';
import { decodeState, emptyState, encodeState, UnreadableWalletError, type WalletState } from './state.ts';

/** The persistent state of a client: tokens, the key bundle, schedules. */
export interface Wallet {
  /**
   * Runs `change` on the state, exclusively among all tabs and processes. `change` is synchronous, changes the state
   * in place, and may be run again on a fresher state if another writer was first. When the promise resolves the new
   * state is durable; if `change` throws, nothing has changed.
   *
   * @throws {ClientError} `wallet-unavailable`; `wallet-replaced` if the content was unreadable and is now empty; or
   *   what `change` throws
   */
  update<T>(change: (state: WalletState) => T): Promise<T>;
}

/** Storage for one byte string, replaced as a whole. */
export interface WalletStore {
  /** The stored bytes and how often they were replaced; null if there are none. */
  load(): Promise<{ readonly version: number; readonly bytes: Bytes } | null>;
  /**
   * Replaces the bytes of this version (0 if there are none). Returns true when the new bytes are durable. Returns
   * false, and changes nothing, if another version is stored.
   */
  replace(version: number, bytes: Bytes): Promise<boolean>;
  /**
   * Sets the bytes that were loaded last aside, if they are still stored, because they are unreadable. Without this
   * method an unreadable wallet stays unavailable.
   */
  discard?(): Promise<void>;
}

/** Encrypts the content of a store. The version is authenticated. */
export interface WalletSealer {
  seal(bytes: Bytes, version: number): Promise<Bytes>;
  /** @throws {UnreadableWalletError} if the bytes are not authentic */
  open(bytes: Bytes, version: number): Promise<Bytes>;
}

const MAX_CONFLICTS = 200; // with other tabs and processes, per update

/** A wallet on a store, encrypted by `sealer` if there is one. */
export function createWallet(store: WalletStore, sealer?: WalletSealer): Wallet {
  let tail: Promise<unknown> = Promise.resolve();
  return {
    update<T>(change: (state: WalletState) => T): Promise<T> {
      const result = tail.then(() => updateOnce(store, sealer, change));
      tail = result.catch(() => {});
      return result;
    },
  };
}

async function updateOnce<T>(
  store: WalletStore,
  sealer: WalletSealer | undefined,
  change: (state: WalletState) => T,
): Promise<T> {
  for (let i = 0; i < MAX_CONFLICTS; i++) {
    const { version, before, state } = await read(store, sealer);
    const value = change(state);
    const after = encodeState(state);
    if (before !== null && equalBytes(before, after)) return value;
    if (await write(store, sealer, version, after)) return value;
  }
  throw new ClientError('wallet-unavailable');
}

interface Snapshot {
  readonly version: number;
  /** The encoded state; null if the store is empty. */
  readonly before: Bytes | null;
  readonly state: WalletState;
}

async function read(store: WalletStore, sealer: WalletSealer | undefined): Promise<Snapshot> {
  try {
    const stored = await store.load();
    if (stored === null) return { version: 0, before: null, state: emptyState() };
    const { version, bytes } = stored;
    const before = sealer === undefined ? bytes : await sealer.open(bytes, version);
    return { version, before, state: decodeState(before) };
  } catch (error) {
    throw await readError(store, error);
  }
}

/** The error of a failed read. An unreadable wallet is discarded first, so that the next read finds an empty one. */
async function readError(store: WalletStore, error: unknown): Promise<ClientError> {
  if (error instanceof ClientError) return error;
  if (!(error instanceof UnreadableWalletError) || store.discard === undefined) {
    return new ClientError('wallet-unavailable', { cause: error });
  }
  return store.discard().then(
    () => new ClientError('wallet-replaced'),
    (cause: unknown) => new ClientError('wallet-unavailable', { cause }),
  );
}

async function write(
  store: WalletStore,
  sealer: WalletSealer | undefined,
  version: number,
  after: Bytes,
): Promise<boolean> {
  try {
    const sealed = sealer === undefined ? after : await sealer.seal(after, version + 1);
    return await store.replace(version, sealed);
  } catch (error) {
    throw clientError(error, 'wallet-unavailable');
  }
}
