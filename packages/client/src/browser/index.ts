import { createClient, type Client } from '../client.ts';
import type { ClientOptions, Lock, ClientPlatform } from '../platform.ts';
import { indexedDbWallet } from './indexeddb.ts';

export * from '../index.ts';
export { indexedDbWallet };

/** A lock among the tabs of an origin, by Web Locks. */
const tabLock: Lock = async (name, task) => {
  // The DOM's types lose the type of the task's result.
  const result: unknown = await navigator.locks.request(name, task);
  return result as Awaited<ReturnType<typeof task>>;
};

/** The browser's clock, randomness, network, storage and locks. */
export function browserPlatform(): ClientPlatform {
  return {
    fetch: (url, init) => fetch(url, init),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    now: () => Math.floor(Date.now() / 1000),
    wallet: indexedDbWallet(),
    deadline: (seconds) => AbortSignal.timeout(seconds * 1000),
    ...('locks' in navigator && { lock: tabLock }),
  };
}

/**
 * Creates a client for a page. Any part of the platform may be replaced.
 *
 * @throws {ClientError} `config`
 */
export function createBrowserClient(
  options: Omit<ClientOptions, keyof ClientPlatform> & Partial<ClientPlatform>,
): Client {
  return createClient({ ...browserPlatform(), ...options });
}
