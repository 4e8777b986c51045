import { StoreError } from '../store.ts';

/** The SQLSTATE for a table that does not exist. */
export const UNDEFINED_TABLE = '42P01';
/** A lock was not granted within `lock_timeout`. */
export const LOCK_NOT_AVAILABLE = '55P03';

/** Of the connection, of a server that starts, stops or became a standby, of a lock: another attempt may succeed. */
const RETRYABLE =
  /^(08...|57P0[1-5]|25006|40P01|40001|53300|55000|57014|ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH)$/;
/** Errors of `pg` that have no code. */
const BROKEN = /Connection terminated|not queryable|timeout exceeded|Client has encountered/;

/** The SQLSTATE, or the code of the system, of an error or of its cause. Empty without one. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  return typeof code === 'string' ? code : codeOf(cause);
}

/** A StoreError that was thrown on a connection; drizzle wraps it as the cause of another error. */
function ownError(error: unknown): StoreError | null {
  if (error instanceof StoreError) return error;
  return error instanceof Error && error.cause !== undefined ? ownError(error.cause) : null;
}

/** Whether the same work may succeed on another attempt. */
export function isRetryable(error: unknown): boolean {
  if (ownError(error) !== null) return false;
  const texts = [error, (error as Error | undefined)?.cause].map((one) =>
    one instanceof Error ? one.message : '',
  );
  return RETRYABLE.test(codeOf(error)) || texts.some((text) => BROKEN.test(text));
}

/** An error of the database as a StoreError. What the caller threw by itself stays as it is. */
export function asStoreError(error: unknown): unknown {
  const own = ownError(error);
  if (own !== null) return own;
  if (codeOf(error) === '' && !isRetryable(error)) return error;
  // The message of a driver may quote a statement or a value, so only its code is passed on.
  return new StoreError('failed', `the database failed (${codeOf(error) || 'connection'})`, { cause: error });
}
