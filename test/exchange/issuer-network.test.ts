import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { PROBLEMS, problemResponse } from '@sotto/http';
import type { RedemptionCall } from '@sotto/redemption';
import { serve } from '@sotto/service/node';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { issuerContract } from '../../packages/redemption/test/issuer-contract.ts';
import { guardedFetch } from '../../services/gateway/src/node/connect.ts';
import { issuerClient, type IssuerDeps } from '../../services/gateway/src/node/issuer-client.ts';
import { redeemRoute } from '../../services/issuer/src/node/redeem-route.ts';
import { random } from '../../services/issuer/test/support/wallet.ts';
import { redemption, World } from '../../services/issuer/test/support/world.ts';
import { authority, selfSigned, type Authority, type Certificate } from '../support/certificates.ts';

const CREDENTIAL = 'the-gateway-of-the-tests';
const NAME = 'issuer.internal';

let trusted: Authority;
let certificate: Certificate;
beforeAll(async () => {
  trusted = await authority();
  certificate = await trusted.issue([NAME]);
});

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

/** The fate of a call that has arrived at a process of the issuer. */
type Fate = 'answered' | 'dies before it decides' | 'dies after it decided' | 'says nothing';

/** Two processes over one store are simulated by two issuers over one file. */
const beside = ({ database, clock }: World): World => new World({ database, clock });

/** The listener of an issuer for gateways, over TLS. Returns its URL. */
async function listening(
  { issuer }: World,
  { tls = certificate, fate = (): Fate => 'answered' } = {},
): Promise<string> {
  const route = redeemRoute(issuer, [CREDENTIAL]);
  const serving = await serve({
    host: '127.0.0.1',
    port: 0,
    tls: { ...tls, read: () => tls },
    maxInFlight: 100,
    drainMs: 10,
    responseMs: 60_000,
    connectionsPerAddress: Number.POSITIVE_INFINITY,
    refuse: (code) => problemResponse(PROBLEMS[code]),
    respond: async (request, incoming) => {
      const now = fate();
      if (now === 'says nothing') {
        await once(incoming.socket, 'close');
        return new Response(null);
      }
      if (now === 'dies before it decides') incoming.socket.destroy();
      const response = await route.fetch(request);
      if (now === 'dies after it decided') incoming.socket.destroy();
      return response;
    },
  });
  open.push(serving);
  return `https://${NAME}:${new URL(serving.origin).port}`;
}

/** A listener that accepts connections and never responds, like a machine that hangs. */
async function silent(onConnection: () => void): Promise<string> {
  const server = createServer(onConnection).listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({ close: async () => server.close() });
  return `https://${NAME}:${(server.address() as AddressInfo).port}`;
}

/** The gateway's client of these issuers, as `startGateway` composes it. */
function client(urls: readonly string[], more: Partial<IssuerDeps> & { readonly ca?: string } = {}) {
  const { ca = trusted.cert, ...deps } = more;
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
  return issuerClient({
    issuers: urls.map((url) => ({
      url,
      send: guardedFetch(resolve, () => true, { ca }),
      sendAgain: guardedFetch(resolve, () => true, { ca }, false),
    })),
    credential: CREDENTIAL,
    deadline: (ms) => AbortSignal.timeout(ms * 20), // a busy machine is not a failure
    elapsedMs: () => performance.now(),
    random,
    ...deps,
  });
}

const oneCall = async (world: World): Promise<RedemptionCall> => {
  const [token] = await world.draw(5);
  return redemption(token);
};

issuerContract('two issuers over one store, each over TLS', async () => {
  const world = new World();
  const tokens = [...(await world.draw(5))];
  const urls = [await listening(world), await listening(beside(world))];
  return { issuer: client(urls), mint: async () => tokens.pop() as (typeof tokens)[number] };
});

describe('issuer on another machine', () => {
  test.each([
    ['of an authority that is not trusted', async () => selfSigned(NAME)],
    ['of another name', async () => trusted.issue(['other.internal'])],
    ['that has expired', async () => trusted.issue([NAME], -1)],
  ])('with a certificate %s: nothing is sent, and the token stays unspent', async (_what, make) => {
    const world = new World();
    const call = await oneCall(world);
    await expect(client([await listening(world, { tls: await make() })]).redeem(call)).rejects.toThrow(
      'bad-gateway',
    );
    expect(world.spentRows()).toBe(0);
    expect((await client([await listening(world)]).redeem(call)).outcome).toBe('first');
  });

  test('with another credential: gives no outcome and spends nothing', async () => {
    const world = new World();
    const call = await oneCall(world);
    const url = await listening(world);
    await expect(client([url], { credential: 'another-credential' }).redeem(call)).rejects.toThrow(
      'bad-gateway',
    );
    expect(world.spentRows()).toBe(0);
  });

  test.each(['connects and stays silent', 'takes a call and stays silent'])(
    'that %s: the call ends at its deadline, and another issuer responds before',
    async (how) => {
      const world = new World();
      const [one, other] = await world.draw(5);
      const arrivals = new EventEmitter();
      const arrived = (): Fate => (arrivals.emit('call'), 'says nothing');
      const url =
        how === 'connects and stays silent'
          ? await silent(arrived)
          : await listening(world, { fate: arrived });
      /** A deadline of this many milliseconds that passes when the silent issuer was reached. */
      const passing = (when: number) => (ms: number) => {
        asked.push(ms);
        const controller = new AbortController();
        if (ms === when) arrivals.once('call', () => controller.abort());
        return controller.signal;
      };
      const asked: number[] = [];
      await expect(client([url], { deadline: passing(5000) }).redeem(redemption(one))).rejects.toThrow(
        'bad-gateway',
      );
      const both = client([url, await listening(beside(world))], { deadline: passing(2000) });
      expect((await both.redeem(redemption(one))).outcome).toBe('first');
      expect((await both.redeem(redemption(other))).outcome).toBe('first'); // and by the issuer that responds
      expect(asked).toEqual([5000, 5000, 2000, 2000, 5000, 2000]);
    },
  );

  test.each(['dies before it decides', 'dies after it decided'] as const)(
    'that %s: another issuer over the same store returns what the first one did or would have',
    async (fate) => {
      const world = new World();
      const tokens = await world.draw(5);
      const dying = await listening(world, { fate: () => fate });
      const gateways = [0, 1].map(async () => client([dying, await listening(beside(world))]));
      const told = await Promise.all(
        tokens.flatMap((token) =>
          gateways.map(async (gateway) => (await (await gateway).redeem(redemption(token))).outcome),
        ),
      );
      expect(told.toSorted()).toEqual([...tokens.map(() => 'first'), ...tokens.map(() => 'spent')]);
      expect(world.spentRows()).toBe(5);
    },
  );

  test('that has failed: is not called for five seconds, and then by one call', async () => {
    const world = new World();
    const tokens = [...(await world.draw(30))];
    let now = 0;
    let fate: Fate = 'dies before it decides';
    let calls = 0;
    const failing = await listening(world, { fate: () => (calls++, fate) });
    const gateway = client([failing, await listening(beside(world))], { elapsedMs: () => now });
    const redeem = async (): Promise<string> =>
      (await gateway.redeem(redemption(tokens.pop() as never))).outcome;
    for (let i = 0; i < 6; i++) expect(await redeem()).toBe('first');
    expect(calls).toBe(1);
    now = 5000;
    await Promise.all(Array.from({ length: 6 }, redeem));
    expect(calls).toBe(2);
    [now, fate] = [10_000, 'answered'];
    await redeem();
    await redeem();
    const before = calls;
    for (let i = 0; i < 6; i++) expect(await redeem()).toBe('first');
    expect(calls).toBe(before + 3);
  });
});
