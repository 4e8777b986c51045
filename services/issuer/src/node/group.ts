import { StoreError } from '../ports.ts';
import type { Database } from '../store/database.ts';

const BUSY_MILLISECONDS = 200;
const STEP = 10; // milliseconds between two looks at a lock
const SQLITE_BUSY = 5;

/** Waits, in milliseconds; chosen by the entry file. */
export type Sleep = (milliseconds: number) => Promise<void>;

interface Waiting {
  readonly block: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: StoreError) => void;
}

/**
 * Commits together what arrives together: a disk takes some milliseconds for a commit, whatever is in
 * it. Nobody is answered before the commit that holds his block, and a commit that fails answers none.
 *
 * While another process has the lock it tries again for a fifth of a second, without holding up anyone
 * else. Each try is every block, whole.
 */
export class Group {
  readonly #database: Database;
  readonly #sleep: Sleep;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(database: Database, sleep: Sleep) {
    this.#database = database;
    this.#sleep = sleep;
  }

  /** Runs a synchronous block of statements. Rejects with StoreError when it was not committed. */
  run<T>(block: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ block, resolve, reject });
      if (!this.#running) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      await this.#sleep(0); // so that those who come now are of this group
      const group = this.#waiting;
      this.#waiting = [];
      await this.#commit(group);
    }
    this.#running = false;
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    try {
      const values = await this.#attempt(() => group.map(({ block }) => block()));
      for (const [i, { resolve }] of group.entries()) resolve(values[i] as never);
    } catch (error) {
      if (group.length > 1 && !isBusy(error)) {
        // One block's fault is not another's.
        for (const one of group) await this.#commit([one]);
        return;
      }
      for (const { reject } of group) reject(new StoreError('the file failed', { cause: error }));
    }
  }

  async #attempt<T>(work: () => T): Promise<T> {
    for (let waited = 0; ; waited += STEP) {
      try {
        return this.#database.atomically(work);
      } catch (error) {
        if (!isBusy(error) || waited >= BUSY_MILLISECONDS) throw error;
      }
      await this.#sleep(STEP);
    }
  }
}

function isBusy(error: unknown): boolean {
  const { errcode, cause } = error as { errcode?: number; cause?: unknown };
  if (errcode !== undefined) return (errcode & 0xff) === SQLITE_BUSY;
  return cause instanceof Error && isBusy(cause);
}
