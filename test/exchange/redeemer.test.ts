import { expect, test } from 'vitest';
import { issuerClient } from '../../services/gateway/src/node/issuer-client.ts';
import { redeemerContract } from '../../services/gateway/test/support/redeemer-contract.ts';
import { redeemRoute } from '../../services/issuer/src/node/redeem-route.ts';
import { World } from '../../services/issuer/test/support/world.ts';

const CREDENTIAL = 'the-gateway-of-the-tests';

/** The gateway's way to an issuer on Node, without the network between. */
function overRoute({ issuer }: World, credential = CREDENTIAL) {
  const route = redeemRoute(issuer, CREDENTIAL);
  return issuerClient({
    send: async (url, init) => route.request(url, init),
    url: 'http://127.0.0.1:8081',
    credential,
    deadline: (ms) => AbortSignal.timeout(ms),
  });
}

/** The gateway's fake redeemer passes this contract; here the issuer does, called and over its private listener. */
redeemerContract('the issuer', async () => {
  const world = new World();
  const tokens = [...(await world.draw(5))];
  return {
    redeemer: { redeem: (redemption) => world.issuer.redeem(redemption) },
    mint: async () => tokens.pop() as (typeof tokens)[number],
  };
});
redeemerContract('the issuer’s private listener', async () => {
  const world = new World();
  const tokens = [...(await world.draw(5))];
  return { redeemer: overRoute(world), mint: async () => tokens.pop() as (typeof tokens)[number] };
});

test('the schedule over the private listener is the issuer’s own', async () => {
  const world = new World();
  expect(await overRoute(world).schedule()).toEqual((await world.issuer.schedule()).epochs);
});

test('without the credential there is no verdict, good or bad, and no token is spent', async () => {
  const world = new World();
  const [token] = await world.draw(1);
  const call = { service: 'stickers', token, tag: token.slice(0, 32), envelope: token.slice(0, 32) };
  await expect(overRoute(world, 'another-credential').redeem({ ...call, idempotent: true })).rejects.toThrow(
    'bad-gateway',
  );
  expect(await overRoute(world).redeem({ ...call, idempotent: true })).toBe('first');
});
