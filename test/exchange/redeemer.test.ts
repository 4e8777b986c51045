import { expect, test } from 'vitest';
import { issuerClient } from '../../services/gateway/src/node/issuer-client.ts';
import { issuerContract } from '../../packages/redemption/test/issuer-contract.ts';
import { redeemRoute } from '../../services/issuer/src/node/redeem-route.ts';
import { random } from '../../services/issuer/test/support/wallet.ts';
import { World } from '../../services/issuer/test/support/world.ts';

const CREDENTIAL = 'the-gateway-of-the-tests';

/** The gateway's client and the issuer's route, without a network between them. */
function overRoute({ issuer }: World, credential = CREDENTIAL) {
  const route = redeemRoute(issuer, [CREDENTIAL]);
  const send = async (url: string, init: RequestInit): Promise<Response> => route.request(url, init);
  return issuerClient({
    issuers: [{ url: 'http://127.0.0.1:8081', send, sendAgain: send }],
    credential,
    deadline: (ms) => AbortSignal.timeout(ms),
    elapsedMs: () => 0,
    random,
  });
}

/** The gateway's fake passes this contract in its own tests; here the issuer does, called directly and over HTTP. */
for (const [name, api] of [
  ['the issuer', (world: World) => world.issuer],
  ['the issuer’s private listener, through the gateway’s client', (world: World) => overRoute(world)],
] as const) {
  issuerContract(name, async () => {
    const world = new World();
    const tokens = [...(await world.draw(5))];
    return { issuer: api(world), mint: async () => tokens.pop() as (typeof tokens)[number] };
  });
}

test('private listener: returns the issuer’s own schedule', async () => {
  const world = new World();
  const { revision, epochs } = await overRoute(world).schedule(0);
  expect(await world.issuer.schedule(revision)).toEqual({ revision: revision + 1, epochs });
});

test('private listener: without the credential returns no outcome and spends no token', async () => {
  const world = new World();
  const [token] = await world.draw(1);
  const call = {
    service: 'stickers',
    token,
    tag: token.slice(0, 32),
    envelope: token.slice(0, 32),
    knownRevision: 0,
  };
  await expect(overRoute(world, 'another-credential').redeem({ ...call, idempotent: true })).rejects.toThrow(
    'bad-gateway',
  );
  expect((await overRoute(world).redeem({ ...call, idempotent: true })).outcome).toBe('first');
});
