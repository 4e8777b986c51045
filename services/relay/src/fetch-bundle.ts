import { collect, hasMediaType, withDeadline } from '@sotto/http';
import type { FetchedBundle } from './bundle.ts';
import type { Gateway } from './config.ts';
import type { Send } from './exchange.ts';

/** How a gateway and the relay publish the key bundle (specs/bundle.md). The relay reads neither form. */
export interface BundleForm {
  readonly name: 'signed' | 'logged';
  /** Below the origin of the gateway, and below the base of the relay. */
  readonly path: string;
  readonly mediaType: string;
}

const SIGNED: BundleForm = { name: 'signed', path: '/bundle', mediaType: 'application/sotto-bundle' };
const LOGGED: BundleForm = {
  name: 'logged',
  path: '/bundle/2',
  mediaType: 'application/sotto-logged-bundle',
};

/** The signed bundle, and the signed bundle with the proof that it is in a public log. */
export const BUNDLE_FORMS: readonly BundleForm[] = [SIGNED, LOGGED];

const MAX_BUNDLE = 64 * 1024; // bytes
const BUNDLE_MS = 5000;

/**
 * One fetch of a gateway's key bundle; null unless a complete signed bundle arrived. The form with a proof is
 * fetched only from a gateway that announces it.
 */
export async function fetchBundle(
  send: Send,
  timeout: (ms: number) => AbortSignal,
  gateway: Gateway,
): Promise<FetchedBundle | null> {
  const signed = await fetchForm(send, timeout, gateway, SIGNED);
  if (signed === null) return null;
  const isLogged = signed.headers.get('sotto-logged') === '?1';
  const logged = isLogged ? await fetchForm(send, timeout, gateway, LOGGED) : null;
  const provider = signed.headers.get('sotto-provider')?.toLowerCase() ?? null;
  return { signed: signed.bytes, logged: logged?.bytes ?? null, provider };
}

interface FetchedForm {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly headers: Headers;
}

async function fetchForm(
  send: Send,
  timeout: (ms: number) => AbortSignal,
  { origin, credential }: Gateway,
  { path, mediaType }: BundleForm,
): Promise<FetchedForm | null> {
  const signal = timeout(BUNDLE_MS);
  const headers = {
    accept: mediaType,
    ...(credential !== null && { authorization: `Bearer ${credential}` }),
  };
  try {
    const init = { method: 'GET', headers, redirect: 'manual', signal } as const;
    const response = await withDeadline(signal, send(`${origin}${path}`, init));
    const good =
      response.status === 200 &&
      !response.headers.has('content-encoding') &&
      hasMediaType(response.headers.get('content-type'), mediaType);
    if (!good || response.body === null) {
      await response.body?.cancel();
      return null;
    }
    const bundle = await collect(response.body, MAX_BUNDLE, signal);
    return bundle.length > 0 ? { bytes: bundle, headers: response.headers } : null;
  } catch {
    return null;
  }
}
