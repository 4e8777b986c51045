import { createClient, memoryWallet, type Client, type ClientOptions, type FetchInit } from '@sotto/client';
import { random, type Reachable } from './raw-exchange.ts';

/** A fetch with a connection of its own: one that is kept may be closed by the server just when it is used again. */
export const once = (url: string, init: FetchInit): Promise<Response> =>
  fetch(url, { ...init, headers: { ...init.headers, connection: 'close' } });

/** A client of a running suite, with a wallet in memory and tokens that need no rest. */
export function clientOf(
  { urls, secrets, account }: Reachable & { readonly secrets: { readonly root: string } },
  name: string,
  more: Partial<ClientOptions> = {},
): Client {
  return createClient({
    relay: urls.relay,
    issuer: urls.issuer,
    root: secrets.root,
    account: () => account(name),
    fetch: (url, init) => fetch(url, init),
    random,
    now: () => Math.floor(Date.now() / 1000),
    wallet: memoryWallet(),
    restSeconds: 0,
    ...more,
  });
}
