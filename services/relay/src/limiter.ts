import { HttpError, withDeadline } from '@sotto/http';
import { addressKey } from '@sotto/service/address';
import type { Visit } from './app.ts';

/** The part of the Workers Rate Limiting binding that the relay uses. */
interface Limiter {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

const LIMITER_MS = 1000;

/**
 * Asks the platform's rate limit; without one every client is admitted.
 *
 * @param address - of the client, as the platform gives it
 */
export function limitedBy(
  limiter: Limiter | undefined,
  address: string,
  timeout: (ms: number) => AbortSignal,
): Visit['admit'] {
  return async (what) => {
    if (limiter === undefined) return true;
    const key = what === 'exchange' ? addressKey(address) : `${what} ${addressKey(address)}`;
    try {
      return (await withDeadline(timeout(LIMITER_MS), limiter.limit({ key }))).success;
    } catch (cause) {
      throw new HttpError('unavailable', { cause });
    }
  };
}
