const TABLE = 'wallet';
const BOUND_MS = 10_000; // of one operation of the database

/** A table of IndexedDB: one value per name (specs/decisions/0019). */
export interface Database {
  /** The value of a name; undefined if there is none. */
  get(name: string): Promise<unknown>;
  /**
   * Replaces a value by the result of `change`; undefined leaves it as it is, and null deletes it. The read and the
   * write are one transaction, exclusive among all tabs, and durable when the promise resolves.
   */
  put(name: string, change: (value: unknown) => unknown): Promise<void>;
}

/**
 * Opens a database when it is first used, and again after its connection was closed. An operation that takes longer
 * than ten seconds fails. Failures are the platform's DOMExceptions.
 */
export function database(file: string): Database {
  const begin = transactionsOf(file);

  async function within(mode: IDBTransactionMode, use: (table: IDBObjectStore) => void): Promise<void> {
    const tx = await begin(mode);
    use(tx.objectStore(TABLE));
    const done = new Promise<void>((resolve, reject) => {
      tx.addEventListener('complete', () => resolve());
      tx.addEventListener('abort', () => reject(tx.error ?? new DOMException('aborted', 'AbortError')));
    });
    await bounded(done, () => tx.abort());
  }

  return {
    async get(name) {
      let value: unknown;
      await within('readonly', (table) => {
        const request = table.get(name);
        request.addEventListener('success', () => (value = request.result));
      });
      return value;
    },
    async put(name, change) {
      let failure: unknown = null;
      await within('readwrite', (table) => {
        const request = table.get(name);
        request.addEventListener('success', () => {
          const next = change(request.result);
          if (next === undefined) return;
          try {
            if (next === null) table.delete(name);
            else table.put(next, name);
          } catch (error) {
            failure = error; // the value cannot be cloned
          }
        });
      });
      if (failure !== null) throw failure;
    },
  };
}

/** Begins transactions over one connection, which is opened when it is needed. */
function transactionsOf(file: string): (mode: IDBTransactionMode) => Promise<IDBTransaction> {
  let opened: Promise<IDBDatabase> | null = null;

  function connect(): Promise<IDBDatabase> {
    const connection = (opened ??= open(file, () => (opened = null)));
    connection.catch(() => {
      if (opened === connection) opened = null;
    });
    return connection;
  }

  return async (mode) => {
    const start = async (): Promise<IDBTransaction> =>
      (await connect()).transaction(TABLE, mode, { durability: 'strict' });
    try {
      return await start();
    } catch (error) {
      const { name } = error as DOMException;
      if (name !== 'InvalidStateError' && name !== 'NotFoundError') throw error;
      if (name === 'NotFoundError') await remove(file, await connect());
      opened = null; // the connection was closed without an event, or the database has no table
      return start();
    }
  };
}

/** @param closed - called when the connection was closed by the platform, or by a page that deletes the database */
async function open(file: string, closed: () => void): Promise<IDBDatabase> {
  const request = indexedDB.open(file, 1);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(TABLE));
  const success = new Promise<IDBDatabase>((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });
  const db = await bounded(success, () => void success.then((late) => late.close()));
  db.addEventListener('versionchange', () => {
    closed();
    db.close();
  });
  db.addEventListener('close', closed);
  return db;
}

/** Deletes a database without our table, which another program or an interrupted creation left. */
async function remove(file: string, db: IDBDatabase): Promise<void> {
  db.close();
  const request = indexedDB.deleteDatabase(file);
  const deleted = new Promise<void>((resolve, reject) => {
    request.addEventListener('success', () => resolve());
    request.addEventListener('error', () => reject(request.error));
  });
  await bounded(deleted, () => {});
}

/** Rejects if a promise takes too long, and then calls `giveUp`. */
function bounded<T>(promise: Promise<T>, giveUp: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new DOMException('the database does not respond', 'TimeoutError'));
      giveUp();
    }, BOUND_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
