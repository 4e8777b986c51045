import { sha256 } from '@noble/hashes/sha2.js';
import { ristretto255Voprf } from '@sotto/voprf/ristretto255';
import { base64url, utf8 } from '@sotto/wire';
import { createClient, type Client } from '../client.ts';
import { NotSentError, type ClientOptions, type ClientPlatform, type Fetch, type Lock } from '../platform.ts';
import { indexedDbWallet } from './indexeddb.ts';

export * from '../index.ts';
export { indexedDbWallet };

/** A lock among the tabs of an origin, by Web Locks. */
const tabLock =
  (walletName: string): Lock =>
  async (name, task) => {
    // The DOM's types lose the type of the task's result.
    const result: unknown = await navigator.locks.request(`${walletName} ${name}`, task);
    return result as Awaited<ReturnType<typeof task>>;
  };

/** The browser's fetch. It rejects with a NotSentError if the browser is offline. */
const browserFetch: Fetch = async (url, init) => {
  if (!navigator.onLine) throw new NotSentError('offline');
  return fetch(url, init);
};

/** Resolves in a later task, before which the page can draw a frame. */
const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(null);
  });

/**
 * The browser's clock, randomness, network, storage and locks.
 *
 * @param walletName - of the database of the wallet. Two deployments on one origin need two names
 */
export function browserPlatform(walletName: string): ClientPlatform {
  return {
    fetch: browserFetch,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    now: () => Math.floor(Date.now() / 1000),
    wallet: indexedDbWallet(walletName),
    voprf: ristretto255Voprf(crypto.subtle, { pause: nextTask }),
    ...('locks' in navigator && { lock: tabLock(walletName) }),
  };
}

/**
 * Creates a client for a page. Any part of the platform may be replaced. The wallet is named after relay, issuer and
 * the first root, so that two deployments on one origin do not share it.
 *
 * @throws {ClientError} `config`
 */
export function createBrowserClient(
  options: Omit<ClientOptions, keyof ClientPlatform> & Partial<ClientPlatform>,
): Client {
  return createClient({ ...browserPlatform(walletNameOf(options)), ...options });
}

function walletNameOf({ relay, issuer, root }: Pick<ClientOptions, 'relay' | 'issuer' | 'root'>): string {
  const [first = ''] = typeof root === 'string' || root instanceof Uint8Array ? [root] : root;
  const key = typeof first === 'string' ? first : base64url(first);
  const digest = sha256(utf8(JSON.stringify([relay, issuer, key])));
  return `sotto ${base64url(digest.slice(0, 12))}`;
}
