import { utf8, type Bytes } from '@sotto/wire';
import { ClientError, memoryWallet, type Client, type Wallet } from '@sotto/client';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import { nodeHpke } from '@sotto/ohttp/node';
import type { BhttpRequest } from '@sotto/bhttp';
import type { Suite } from '../../services/local/src/suite.ts';
import { clientOf, once } from '../support/clients.ts';
import { RawExchange } from '../support/raw-exchange.ts';
import { Channels, type Channel } from './bits.ts';
import { observed, type Send } from './observe.ts';
import { typeAndSubmit } from './typist.ts';

/** Envelopes of searches are shorter: the relay can tell a refill by its length class. */
const REFILL_BYTES = 4096;
export const part = (url: string, length: number): string | null =>
  url.endsWith('/ohttp')
    ? length > REFILL_BYTES
      ? 'refill'
      : 'search'
    : url.endsWith('/token-request')
      ? 'tokens'
      : url.endsWith('/voucher-request')
        ? 'vouchers'
        : null;
const json = (value: unknown): Partial<BhttpRequest> => ({ content: utf8(JSON.stringify(value)) });

const AT_ONCE = 8; // searches under way
const BATCH = 30; // tokens
const PACK = 30; // tokens of a refill
const PER_DEVICE = 3 * PACK; // searches of one account, by the vouchers of a day

export interface LeakOptions {
  readonly queries: readonly string[];
  readonly progress?: (line: string) => void;
  /** Sends to the network. A leaky stand-in shows that the measure detects a leak. */
  readonly send?: Send;
}

/**
 * Searches for everything in a vocabulary and causes every error that a client can get, through the live
 * suite. Returns how many bits each channel revealed.
 */
export async function measureLeaks(
  suite: Suite,
  { queries, progress, send = once }: LeakOptions,
): Promise<Channel[]> {
  const channels = new Channels();
  const fetcher = observed(channels, part, send);
  const voprf = sodiumVoprf(await loadSodium());
  const platform = { fetch: fetcher, hpke: nodeHpke(), voprf };
  const { policy } = suite;
  if (policy === null) throw new Error('the suite has no log, so its clients get no vouchers');
  const withVouchers = (account: string, wallet = memoryWallet()): Client =>
    clientOf(suite, account, { ...platform, policy, wallet });

  for (let from = 0; from < queries.length; from += PER_DEVICE) {
    const left = queries.slice(from, from + PER_DEVICE);
    await searchAll(withVouchers(`device ${from}`), left);
    progress?.(`${Math.min(from + PER_DEVICE, queries.length)} of ${queries.length} searches`);
  }
  await refusals(suite, channels);
  const batches = Math.ceil(TYPED.length / BATCH);
  await requestsOfOneSearch(channels, clientOf(suite, 'typist', { ...platform, batches })); // tokens with the account
  await refills(channels, withVouchers);
  return channels.report();
}

/** Searches for all of them, with a refill before each pack of searches. The first one follows the issuance of the vouchers. */
async function searchAll(client: Client, queries: readonly string[]): Promise<void> {
  for (let from = 0; from < queries.length; from += PACK) {
    await client.refill({ more: from > 0 });
    const left = queries.slice(from, from + PACK);
    await Promise.all(Array.from({ length: AT_ONCE }, () => searchSome(client, left)));
  }
}

async function searchSome(client: Client, left: string[]): Promise<void> {
  for (let query = left.pop(); query !== undefined; query = left.pop()) {
    await client.search(query, { locale: 'en' }).catch(async (error: unknown) => {
      if (!(error instanceof ClientError)) throw error;
      if (error.code === 'query-too-long') return;
      if (error.code !== 'relay-unreachable' || error.attempt === null) throw error;
      await client.retrySearch(error.attempt); // the connection broke on a busy machine: a person tries again
    });
  }
}

/** One envelope for every way in which an opened request can be refused. */
async function refusals(suite: Suite, channels: Channels): Promise<void> {
  const raw = await RawExchange.of(suite);
  const tokens = await raw.issue('refused');
  const spent = tokens.pop() ?? null;
  await raw.search(spent, 'once');
  const forged = tokens.pop() ?? new Uint8Array(162);
  forged.set([1], 161);
  const rows: readonly [Bytes | null, Partial<BhttpRequest>][] = [
    [spent, {}],
    [null, {}],
    [forged, {}],
    [tokens.pop() ?? null, { method: 'GET', content: utf8('') }],
    [tokens.pop() ?? null, { method: 'TRACE' }],
    [tokens.pop() ?? null, { scheme: 'http' }],
    [tokens.pop() ?? null, { authority: 'elsewhere.example' }],
    [tokens.pop() ?? null, { path: '/nothing/here' }],
    [tokens.pop() ?? null, { fields: [['user-agent', 'me']] }],
    [tokens.pop() ?? null, { fields: [['expect', '100-continue']] }],
    [tokens.pop() ?? null, { fields: [['date', 'Thu, 01 Jan 1970 00:00:00 GMT']] }],
    [tokens.pop() ?? null, json({ q: 'cat', cursor: 'forged' })],
    [tokens.pop() ?? null, json({ q: '' })],
    [tokens.pop() ?? null, json({ q: 'x'.repeat(300) })],
    [tokens.pop() ?? null, json({ q: 'cat', locale: '../etc' })],
    [tokens.pop() ?? null, json(['not', 'a', 'query'])],
  ];
  for (const [token, change] of rows) {
    const envelope = await raw.seal(raw.request(token, 'refused', change));
    const { status, length } = await raw.post(envelope);
    channels.add('search.request.length', envelope.bytes.length);
    channels.add('search.response.length', length);
    channels.add('search.status', status);
  }
}

const HABITS = [0, 1, 3]; // searches of a device

/**
 * Issuances and refills of devices that never search, search once, and search often; and refills that are
 * refused.
 */
async function refills(
  channels: Channels,
  clientWith: (account: string, wallet: Wallet) => Client,
): Promise<void> {
  for (const searches of HABITS) {
    const wallet = memoryWallet();
    const client = clientWith(`device that searches ${searches} times`, wallet);
    await client.refill();
    for (let i = 0; i < searches; i++) await client.search(TYPED[i % TYPED.length] ?? '', { locale: 'en' });
    const before = channels.samples('refill.request.length');
    await client.refill({ more: true });
    channels.add('refill.request.count', channels.samples('refill.request.length') - before);
    await wallet.update(({ vouchers }) => {
      if (vouchers !== null)
        vouchers.held = vouchers.held.map((one) => ({ ...one, token: forgery(one.token) }));
    });
    await client.refill({ more: true }).catch(() => {});
  }
}

/** A voucher that no key signed. */
function forgery(token: Bytes): Bytes {
  const copy = token.slice();
  copy.set([(copy.at(-1) ?? 0) ^ 1], copy.length - 1);
  return copy;
}

const TYPED = ['cat', 'happy cat', 'zzzz', '🐱', 'ok', 'a much longer thing to look for'];

/** How many requests one search causes, typed key by key. Its artwork is inside the page. */
async function requestsOfOneSearch(channels: Channels, client: Client): Promise<void> {
  await client.refill();
  for (const query of TYPED) {
    const before = channels.samples('search.request.length');
    const outside: string[] = [];
    await typeAndSubmit(query, async (text) => {
      const { results } = await client.search(text);
      const art = results.map(({ art: { data } }) => data);
      outside.push(...art.filter((data) => /https?:\/\/(?!www\.w3\.org\/)/.test(data)));
    });
    channels.add('typed.request.count', channels.samples('search.request.length') - before);
    channels.add('art.request.count', outside.length);
  }
}
