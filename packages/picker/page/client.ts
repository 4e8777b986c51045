import type { Client } from '@sotto/client/browser';
import type { SearchClient } from '../src/index.ts';
import { getAccount, getLocal } from './local.ts';

/** The client, which is loaded by the first call of `load` or by the first search. */
export interface LazyClient extends SearchClient {
  readonly load: () => Promise<Client>;
}

/** @param onSearch - called when a request leaves */
export function lazyClient(onSearch: () => void): LazyClient {
  let loading: Promise<Client> | null = null;
  const load = (): Promise<Client> => (loading ??= loadClient());
  return {
    load,
    search: async (query, options) => {
      onSearch();
      return (await load()).search(query, options);
    },
    retrySearch: async (attempt) => {
      onSearch();
      return (await load()).retrySearch(attempt as Parameters<Client['retrySearch']>[0]);
    },
  };
}

async function loadClient(): Promise<Client> {
  const [{ createBrowserClient }, local] = await Promise.all([import('@sotto/client/browser'), getLocal()]);
  const { relay, issuer, root, policy, restSeconds } = local;
  const pinned = policy === undefined ? { root } : { root, policy };
  return createBrowserClient({ relay, issuer, ...pinned, restSeconds, account: getAccount });
}
