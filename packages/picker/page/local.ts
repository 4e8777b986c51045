/** The addresses of the local suite, as `GET /local.json` returns them. */
export interface Local {
  readonly relay: string;
  readonly issuer: string;
  readonly root: string;
  /** The policy of the suite's log. */
  readonly policy?: string;
  readonly restSeconds: number;
}

/** One fact that a party saw, under a name that the page has a text for. */
export interface Fact {
  readonly fact: string;
  readonly label: string;
  readonly value: string;
}

export const PARTIES = ['relay', 'gateway', 'stickers', 'issuer'] as const;
export type PartyName = (typeof PARTIES)[number];

/** What the parties saw, as `GET /local/taps` returns it. A party that saw nothing is missing. */
export type TapReport = { readonly sequence: number } & {
  readonly [party in PartyName]?: { readonly saw: readonly Fact[] };
};

async function getJson<T>(path: string, method = 'GET'): Promise<T> {
  const response = await fetch(path, { method, cache: 'no-store' });
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return (await response.json()) as T;
}

export const getLocal = (): Promise<Local> => getJson('/local.json');

/** @param since - leaves out every message up to this sequence number */
export const getReport = (since = 0): Promise<TapReport> => getJson(`/local/taps?since=${since}`);

/** A bearer token of the development attester. */
export const getAccount = async (): Promise<string> =>
  (await getJson<{ token: string }>('/local/account', 'POST')).token;
