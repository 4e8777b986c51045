const TABLE = 'wallet';

/** A table of IndexedDB: one value per name (specs/decisions/0019). */
export interface Database {
  /** The value of a name; undefined if there is none. */
  get(name: string): Promise<unknown>;
  /**
   * Replaces a value by the result of `change`; undefined leaves it as it is. The read and the write are one
   * transaction, exclusive among all tabs, and durable when the promise resolves.
   */
  put(name: string, change: (value: unknown) => unknown): Promise<void>;
}

/** Opens a database when it is first used. Failures are the platform's DOMExceptions. */
export function database(file: string): Database {
  let opened: Promise<IDBDatabase> | null = null;
  const db = (): Promise<IDBDatabase> =>
    (opened ??= open().catch((error: unknown) => {
      opened = null;
      throw error;
    }));

  async function open(): Promise<IDBDatabase> {
    const request = indexedDB.open(file, 1);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(TABLE));
    await new Promise((resolve, reject) => {
      request.addEventListener('success', resolve);
      request.addEventListener('error', () => reject(request.error));
    });
    const { result } = request;
    result.addEventListener('versionchange', () => {
      opened = null;
      result.close(); // another page deletes the database
    });
    result.addEventListener('close', () => (opened = null));
    return result;
  }

  async function within(mode: IDBTransactionMode, use: (table: IDBObjectStore) => void): Promise<void> {
    const tx = (await db()).transaction(TABLE, mode, { durability: 'strict' });
    use(tx.objectStore(TABLE));
    await new Promise((resolve, reject) => {
      tx.addEventListener('complete', resolve);
      tx.addEventListener('abort', () => reject(tx.error));
    });
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
            table.put(next, name);
          } catch (error) {
            failure = error; // the value cannot be cloned
          }
        });
      });
      if (failure !== null) throw failure;
    },
  };
}
