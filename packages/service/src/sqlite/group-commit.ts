import { StoreError } from '../store.ts';
import type { Database, Store } from './database.ts';

const BUSY_MS = 200; // how long a group waits for another process to release the lock
const STEP_MS = 10; // between two attempts
const SQLITE_BUSY = 5; // primary result code; extended codes carry it in their low byte

/** Resolves after some milliseconds. The entry file chooses it. */
export type Sleep = (milliseconds: number) => Promise<void>;

interface QueuedBlock {
  readonly block: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits blocks that arrive together in one transaction, because the disk takes some milliseconds for each commit
 * whatever its size. A promise resolves only after the transaction that contains its block has committed.
 *
 * While another process holds the lock, the whole group is tried again for BUSY_MS, without blocking the event loop.
 */
export function groupCommit({ db, atomically }: Database, sleep: Sleep): Store {
  let queue: QueuedBlock[] = [];
  let running = false;

  async function drain(): Promise<void> {
    running = true;
    while (queue.length > 0) {
      await sleep(0); // blocks that are queued in this turn of the event loop join the group
      const group = queue;
      queue = [];
      await commit(group);
    }
    running = false;
  }

  async function commit(group: readonly QueuedBlock[]): Promise<void> {
    try {
      const values = await attempt(() => group.map(({ block }) => block()));
      for (const [i, { resolve }] of group.entries()) resolve(values[i] as never);
    } catch (error) {
      // One failing block must not fail the others: each gets its own transaction.
      if (group.length > 1 && !isBusy(error)) for (const one of group) await commit([one]);
      else for (const { reject } of group) reject(asStoreError(error));
    }
  }

  async function attempt<T>(work: () => T): Promise<T> {
    for (let waited = 0; ; waited += STEP_MS) {
      try {
        return atomically(work);
      } catch (error) {
        if (!isBusy(error) || waited >= BUSY_MS) throw error;
      }
      await sleep(STEP_MS);
    }
  }

  return {
    db,
    transact: (block) =>
      new Promise((resolve, reject) => {
        queue.push({ block, resolve, reject });
        if (!running) void drain();
      }),
  };
}

/** An error of the database as a StoreError; one that a block threw by itself as it is. */
function asStoreError(error: unknown): unknown {
  if (isBusy(error)) {
    return new StoreError('busy', `another process held the database for ${BUSY_MS} ms`, { cause: error });
  }
  if (resultCode(error) === null) return error;
  return new StoreError('failed', 'the transaction was not committed', { cause: error });
}

const isBusy = (error: unknown): boolean => resultCode(error) === SQLITE_BUSY;

/** SQLite's primary result code in an error of node:sqlite or in one that drizzle made of it; null for other errors. */
function resultCode(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff;
  return resultCode(error.cause);
}
