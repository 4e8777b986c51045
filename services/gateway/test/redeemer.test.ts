import { expect, test } from 'vitest';
import { issuerClient } from '../src/node/issuer-client.ts';
import { random } from './support/gateway.ts';
import { redeemerContract } from '../../../packages/redemption/test/issuer-contract.ts';
import { fakeIssuer } from './support/tokens.ts';

redeemerContract('the fake issuer of the gateway tests', async () => {
  const redeemer = fakeIssuer(random);
  return { redeemer, mint: async () => redeemer.mint('stickers', new Uint8Array(40)) };
});

test.each([
  ['another status', 500, '{"outcome":"first","revision":1}'],
  ['a redirect', 302, '{"outcome":"first","revision":1}'],
  ['an unknown outcome', 200, '{"outcome":"second","revision":1}'],
  ['no outcome', 200, '{}'],
  ['no revision', 200, '{"outcome":"first"}'],
  ['no JSON', 200, 'first'],
  ['no body', 204, null],
  ['more bytes than an outcome has', 200, `{"outcome":"first","revision":1}${' '.repeat(1024)}`],
])(
  'issuer client: a response of the listener with %s is an error, never an outcome',
  async (_what, status, body) => {
    const respond = async (): Promise<Response> => new Response(body, { status });
    const client = issuerClient({
      issuers: [{ url: 'http://127.0.0.1:1', send: respond, sendAgain: respond }],
      credential: 'x',
      deadline: () => new AbortController().signal,
      elapsedMs: () => 0,
      random,
    });
    const bytes = { token: random(162), tag: random(32), envelope: random(32) };
    await expect(
      client.redeem({ service: 'stickers', ...bytes, idempotent: true, knownRevision: 0 }),
    ).rejects.toBeInstanceOf(Error);
  },
);
