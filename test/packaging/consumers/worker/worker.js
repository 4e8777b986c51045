// A Worker that searches privately for its own callers.
import { createClient, memoryWallet } from '@sotto/client';
import { webcryptoHpke } from '@sotto/ohttp/webcrypto';

export default {
  async fetch(request, { relay, issuer, root, page }) {
    const client = createClient({
      relay,
      issuer,
      root,
      restSeconds: 0,
      account: async () => {
        const response = await fetch(`${page}/local/account?name=worker@local`, { method: 'POST' });
        return (await response.json()).token;
      },
      // A Worker has no cookies, cache or referrer to leave out. The client refuses redirects by their status.
      fetch: (url, { method, headers, body, signal }) =>
        fetch(url, { method, headers, body, signal, redirect: 'manual' }),
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
      now: () => Math.floor(Date.now() / 1000),
      wallet: memoryWallet(),
      hpke: webcryptoHpke(crypto.subtle),
    });
    const query = new URL(request.url).searchParams.get('q');
    return Response.json(await client.search(query, { locale: 'en', allowFresh: true }));
  },
};
