import type { KeyStore, ReplayStore } from '../ports.ts';
import { sqlKeyStore } from '../keys/sql-key-store.ts';
import { sqlReplayStore } from '../keys/sql-replay-store.ts';
import type { GatewayFile } from './database.ts';

/** Waits, in milliseconds; chosen by the entry file. */
export type Sleep = (milliseconds: number) => Promise<void>;

export interface Stores {
  readonly keys: KeyStore;
  readonly replays: ReplayStore;
  /** Forgets envelopes that no longer count. */
  purge(now: number): Promise<void>;
}

/** The gateway's ports over its file. @param capacity - live envelopes that it remembers */
export function fileStores({ db, atomically }: GatewayFile, sleep: Sleep, capacity: number): Stores {
  const keys = sqlKeyStore(db, (work) => work()); // each of them within a group
  const replays = sqlReplayStore(db, capacity);
  const group = grouped(atomically, sleep);
  return {
    keys: {
      epochs: (from, to) => group(() => keys.epochs(from, to)),
      add: (epochs) => group(() => keys.add(epochs)),
      destroy: (before) => group(() => keys.destroy(before)),
      bundles: (from, to) => group(() => keys.bundles(from, to)),
      offer: (bundles) => group(() => keys.offer(bundles)),
      sign: (signed) => group(() => keys.sign(signed)),
    },
    replays: { admit: (envelope, expires, now) => group(() => replays.admit(envelope, expires, now)) },
    purge: async (now) => {
      await group(() => replays.purge(now));
    },
  };
}

const BUSY_MS = 200; // for another process to let go of the file
const STEP_MS = 10;
const SQLITE_BUSY = 5;

interface Waiting {
  readonly block: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits together what arrives together, since a disk takes some milliseconds for a commit whatever is in it.
 * Nobody is answered before the commit that holds his block; a commit that fails answers none.
 */
function grouped(atomically: GatewayFile['atomically'], sleep: Sleep): <T>(block: () => T) => Promise<T> {
  let waiting: Waiting[] = [];
  let running = false;

  async function commit(group: readonly Waiting[]): Promise<void> {
    try {
      const values = await attempt(() => group.map(({ block }) => block()));
      for (const [i, { resolve }] of group.entries()) resolve(values[i] as never);
    } catch (error) {
      // One block's fault is not another's.
      if (group.length > 1 && !isBusy(error)) for (const one of group) await commit([one]);
      else for (const { reject } of group) reject(error);
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
  async function drain(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      await sleep(0); // so that those who come now are of this group
      const group = waiting;
      waiting = [];
      await commit(group);
    }
    running = false;
  }
  return (block) =>
    new Promise((resolve, reject) => {
      waiting.push({ block, resolve, reject });
      if (!running) void drain();
    });
}

function isBusy(error: unknown): boolean {
  const { errcode, cause } = error as { errcode?: number; cause?: unknown };
  if (errcode !== undefined) return (errcode & 0xff) === SQLITE_BUSY;
  return cause instanceof Error && isBusy(cause);
}
