/** `busy`: another process holds the lock. `failed`: anything else, such as a full disk or an object out of reach. */
export type StoreErrorCode = 'busy' | 'failed';

/** An operation of a store failed. No caller may act as if it had succeeded. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether this value of STORE names a PostgreSQL database, not a file. */
export const isPostgres = (store: string): boolean => /^postgres(ql)?:/i.test(store);

/** The error for MOVE_FROM when STORE is a file. */
export const NEEDS_DATABASE = 'must be set with the URL of a PostgreSQL database in STORE only. Remove it';
