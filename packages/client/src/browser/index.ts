import { createClient, type Client } from '../client.ts';
import type { ClientOptions, Lock, Platform } from '../platform.ts';
import { indexedDbWallet } from './indexeddb.ts';

export * from '../index.ts';
export { indexedDbWallet };

/** One at a time among the tabs of an origin, by Web Locks; where there are none, in this tab. */
const tabLock: Lock = async (name, task) => {
  // The DOM's types lose the task's type on the way.
  const result: unknown = await navigator.locks.request(name, task);
  return result as Awaited<ReturnType<typeof task>>;
};

/** The browser's clock, chance, network and storage. */
export function browserPlatform(): Platform {
  return {
    fetch: (url, init) => fetch(url, init),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    now: () => Math.floor(Date.now() / 1000),
    wallet: indexedDbWallet(),
    deadline: (seconds) => AbortSignal.timeout(seconds * 1000),
    ...('locks' in navigator && { lock: tabLock }),
  };
}

/** A client for a page; any part of the platform may be given in place of the browser's. */
export function createBrowserClient(
  options: Omit<ClientOptions, keyof Platform> & Partial<Platform>,
): Client {
  return createClient({ ...browserPlatform(), ...options });
}
