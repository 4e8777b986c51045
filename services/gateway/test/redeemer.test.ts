import { expect, test } from 'vitest';
import { issuerClient } from '../src/node/issuer-client.ts';
import { random } from './support/house.ts';
import { redeemerContract } from './support/redeemer-contract.ts';
import { fakeIssuer } from './support/tokens.ts';

redeemerContract('the fake of these tests', async () => {
  const redeemer = fakeIssuer(random);
  return { redeemer, mint: async () => redeemer.mint('stickers', new Uint8Array(40)) };
});

test.each([
  ['another status', 500, '{"outcome":"first"}'],
  ['a redirect', 302, '{"outcome":"first"}'],
  ['another word', 200, '{"outcome":"second"}'],
  ['no word', 200, '{}'],
  ['no JSON', 200, 'first'],
  ['nothing', 204, null],
  ['more than a verdict has', 200, `{"outcome":"first"}${' '.repeat(1024)}`],
])('the issuer’s listener saying %s redeems nothing', async (_what, status, body) => {
  const client = issuerClient({
    send: async () => new Response(body, { status }),
    url: 'http://127.0.0.1:1',
    credential: 'x',
    deadline: () => new AbortController().signal,
  });
  const bytes = { token: random(162), tag: random(32), envelope: random(32) };
  await expect(client.redeem({ service: 'stickers', ...bytes, idempotent: true })).rejects.toBeInstanceOf(
    Error,
  );
});
