import { VOUCHER_REQUEST, PACK_REQUEST } from '@sotto/privacypass';
import { expect, test } from 'vitest';
import { memoryWallet, type Client, type ClientOptions, type Fetch } from '@sotto/client';
import { nodeHpke } from '@sotto/ohttp/node';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import { bytesOf } from '../../packages/client/test/support/bytes-of.ts';
import type { Suite } from '../../services/local/src/suite.ts';
import { clientOf, once } from './clients.ts';
import type { Reachable } from './raw-exchange.ts';

/** A running suite whose bundles are logged. */
export type LoggedSuite = Reachable & Pick<Suite, 'secrets'> & { readonly policy: string };

const REST = 900; // seconds
const LENGTH = 3072; // of a refill for two services

/** A service beside the stickers whose tokens are issued for vouchers alone. */
const CLOSED = 'closed';

/** What issuer and gateway of these tests have beside their own: vouchers, and a service that issues no tokens for an account. */
export const VOUCHERS = {
  issuer: {
    VOUCHERS: JSON.stringify({ period: 7, perEpoch: 3, issuances: { default: 3 } }),
    SERVICES: JSON.stringify([
      { name: 'stickers', types: [5], batch: [30], quota: { default: 300 } },
      { name: CLOSED, types: [5], batch: [30], quota: { default: 300 }, direct: false },
    ]),
  },
  rows: (stickers: object) => [
    {
      ...stickers,
      name: CLOSED,
      token: { type: 5 },
      idempotent: true,
      requestLength: 1024,
      responseLength: 163_840,
    },
    {
      name: 'refill',
      target: { issuer: true },
      token: { type: 5 },
      requestLength: LENGTH,
      responseLength: LENGTH,
    },
  ],
};

interface SentRequest {
  readonly path: string;
  readonly account: boolean;
  readonly length: number;
}

/** Cryptography that is quicker than what a browser has. */
export const quick = async () => ({ voprf: sodiumVoprf(await loadSodium()), hpke: nodeHpke() });

/** The tests of vouchers over a real stack: the same for every platform. */
export function voucherTests(platform: string, suiteOf: () => LoggedSuite): void {
  async function device(account: string, more: Partial<ClientOptions> = {}) {
    const { urls, policy } = suiteOf();
    const sent: SentRequest[] = [];
    const send: Fetch = async (url, init) => {
      const path = new URL(url).pathname;
      const origin = new URL(url).origin === urls.issuer ? 'issuer' : 'relay';
      sent.push({
        path: origin + path,
        account: 'authorization' in init.headers,
        length: bytesOf(init).length,
      });
      return once(url, init);
    };
    const wallet = memoryWallet();
    const options = { policy, wallet, fetch: send, restSeconds: REST, services: ['stickers', CLOSED] };
    const client = clientOf(suiteOf(), account, { ...options, ...(await quick()), ...more });
    return { client, wallet, sent };
  }
  const paths = (sent: readonly SentRequest[]): string[] => sent.map(({ path }) => path);
  const search = async (client: Client, allowFresh = false): Promise<string> => {
    const { results } = await client.search('happy cat', { locale: 'en', allowFresh });
    return results.map(({ emoji }) => emoji).join(' ');
  };

  test(`${platform}: a new device requests vouchers, refills, and searches after the rest, without its account`, async () => {
    const { client, wallet, sent } = await device('new device');
    const before = Math.floor(Date.now() / 1000);
    await client.refill();
    const { until } = await client.search('cat').then(
      () => ({ until: null }),
      (error: unknown) => error as { until: number | null },
    );
    const refilled = Math.floor(Date.now() / 1000);
    // Fifteen minutes after the refill, which was sent at once.
    expect(until).toBeGreaterThanOrEqual(before + REST);
    expect(until).toBeLessThanOrEqual(refilled + REST);
    await wallet.update((state) => {
      state.tokens = state.tokens.map((token) => ({ ...token, issuedAt: token.issuedAt - REST }));
    });
    expect(await search(client)).toContain('😺');
    expect(paths(sent)).toEqual(['relay/bundle/2', 'issuer/voucher-request', 'relay/ohttp', 'relay/ohttp']);
    expect(sent.map(({ account }) => account)).toEqual([false, true, false, false]);
    const [, , refill, request] = sent;
    expect((refill?.length ?? 0) - (request?.length ?? 0)).toBe(LENGTH - 1024);
  });

  test(`${platform}: by consent a new device searches at once, with one issuance and one refill`, async () => {
    const { client, sent } = await device('by consent');
    expect(await search(client, true)).toContain('😺');
    expect(paths(sent)).toEqual(['relay/bundle/2', 'issuer/voucher-request', 'relay/ohttp', 'relay/ohttp']);
  });

  test(`${platform}: "direct": false refuses tokens for an account, and vouchers buy tokens of the service`, async () => {
    const { client } = await device('closed', { restSeconds: 0 });
    const request = { path: '/v1/search', contentType: 'application/json' };
    const content = new TextEncoder().encode('{"q":"cat"}');
    const { status } = await client.request(CLOSED, { ...request, content });
    expect(status).toBe(200);
    const without = clientOf(suiteOf(), 'closed', { services: [CLOSED], fetch: once, ...(await quick()) }); // no policy
    await expect(without.refill()).rejects.toMatchObject({ code: 'policy-required' });
    expect(await search(without)).toContain('😺');
  });

  test(`${platform}: vouchers that one device handed over buy tokens on another, without any account`, async () => {
    const [first, second] = [
      await device('hands over'),
      await device('takes over', {
        restSeconds: 0,
        account: () => Promise.reject(new Error('no account')),
      }),
    ];
    await first.client.refill();
    const vouchers = await first.client.exportVouchers({ epochs: 1, perEpoch: 2 });
    expect(await second.client.importVouchers(vouchers)).toBe(2);
    expect(await search(second.client)).toContain('😺');
    expect(paths(second.sent).filter((path) => path.startsWith('issuer'))).toEqual([]);
  });

  test(`${platform}: V06 a refill whose response is lost is sent again by the user alone, and its voucher buys one pack`, async () => {
    const trouble = { lost: 0 };
    const { client, wallet, sent } = await device('unlucky', {
      restSeconds: 0,
      fetch: async (url, init) => {
        sent.push({ path: new URL(url).pathname, account: false, length: bytesOf(init).length });
        const response = await once(url, init);
        const isRefill = url.endsWith('/ohttp') && bytesOf(init).length > LENGTH;
        if (!isRefill || trouble.lost++ > 0) return response;
        throw new TypeError('the connection was reset');
      },
    });
    await expect(client.refill()).rejects.toMatchObject({ code: 'relay-unreachable' });
    await client.refill();
    await client.refill();
    expect(trouble.lost).toBe(1);
    expect(await search(client)).toContain('😺');
    expect(trouble.lost).toBe(2);
    const state = await wallet.update(({ tokens, vouchers }) => [tokens.length, vouchers?.pack ?? null]);
    expect(state).toEqual([59, null]);
  });

  test(`${platform}: requests of vouchers and of refills have types of their own, and the issuer takes no refill from outside`, async () => {
    const { urls, account } = suiteOf();
    const headers = { authorization: `Bearer ${await account('outside')}`, 'content-type': PACK_REQUEST };
    const post = { method: 'POST', headers, body: new Uint8Array(100) };
    expect((await fetch(`${urls.issuer}/v1/pack`, post)).status).toBe(404);
    expect((await fetch(`${urls.issuer}/voucher-request`, post)).status).toBe(415);
    const typed = { ...post, headers: { ...headers, 'content-type': VOUCHER_REQUEST } };
    expect((await fetch(`${urls.issuer}/voucher-request`, typed)).status).toBe(422);
  });
}
