import { collect, hasMediaType, withDeadline } from '@sotto/http';
import type { Gateway } from './config.ts';
import type { Send } from './exchange.ts';

export const BUNDLE_TYPE = 'application/sotto-bundle';

const MAX_BUNDLE = 64 * 1024; // bytes
const BUNDLE_MS = 5000;

/** One fetch of a gateway's key bundle; null unless all of a good one came. */
export async function fetchBundle(
  send: Send,
  timeout: (ms: number) => AbortSignal,
  { origin, credential }: Gateway,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const signal = timeout(BUNDLE_MS);
  const headers = {
    accept: BUNDLE_TYPE,
    ...(credential !== null && { authorization: `Bearer ${credential}` }),
  };
  try {
    const init = { method: 'GET', headers, redirect: 'manual', signal } as const;
    const answer = await withDeadline(signal, send(`${origin}/bundle`, init));
    const good =
      answer.status === 200 &&
      !answer.headers.has('content-encoding') &&
      hasMediaType(answer.headers.get('content-type'), BUNDLE_TYPE);
    if (!good || answer.body === null) {
      await answer.body?.cancel();
      return null;
    }
    const bundle = await collect(answer.body, MAX_BUNDLE, signal);
    return bundle.length > 0 ? bundle : null;
  } catch {
    return null;
  }
}
