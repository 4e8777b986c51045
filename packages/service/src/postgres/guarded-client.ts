import { Client, type ClientConfig } from 'pg';
import { StoreError } from '../store.ts';

/** SQLSTATE of warnings without a class of their own. */
const WARNING = '01000';

type Callback = (error: Error | null, result?: unknown) => void;

/**
 * A connection on which a warning is an error.
 *
 * When an operator cancels a commit that waits for the synchronous standby, PostgreSQL reports success, with a warning that the
 * transaction may be on no standby. It must not be acknowledged.
 */
export class GuardedClient extends Client {
  #wasWarned = false;

  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('notice', ({ code }) => {
      if (code === WARNING) this.#wasWarned = true;
    });
  }

  // The signatures of `query` are many. Only its two ways of returning a result matter here.
  override query = ((...args: unknown[]): unknown => {
    this.#wasWarned = false;
    const run = Client.prototype.query.bind(this) as (...all: unknown[]) => unknown;
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      const guarded: Callback = (error, result) =>
        (callback as Callback)(error ?? this.#uncertainty(), result);
      return run(...args.slice(0, -1), guarded);
    }
    const result = run(...args);
    return result instanceof Promise ? result.then((value: unknown) => this.#unlessUncertain(value)) : result;
  }) as Client['query'];

  #unlessUncertain(value: unknown): unknown {
    const error = this.#uncertainty();
    if (error !== null) throw error;
    return value;
  }

  #uncertainty(): StoreError | null {
    if (!this.#wasWarned) return null;
    return new StoreError('failed', 'a commit may be on no standby: the wait for the standby was cancelled');
  }
}
