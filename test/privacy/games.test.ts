import { describe, expect, test } from 'vitest';
import {
  decodeAmortizedBatchTokenRequest,
  decodeToken,
  issueAmortized,
  truncatedTokenKeyId,
} from '@sotto/privacypass';
import { nobleVoprf } from '@sotto/voprf';
import { concat, hex, type Bytes } from '@sotto/wire';
import { memoryWallet, type Client } from '@sotto/client';
import { relay } from '../../services/relay/src/app.ts';
import { readConfig } from '../../services/relay/src/config.ts';
import { Variables } from '@sotto/service/config';
import { bytesOf, DAY, World } from '../../packages/client/test/support/world.ts';
import { chiSquare, play, distinguishing, type Features, type User } from './play.ts';

const ROUNDS = 30;
const QUERIES = ['cat', 'happy cat', 'a rather long thing to look for'];
const PEOPLE: Readonly<Record<User, Readonly<Record<string, string>>>> = {
  A: { 'user-agent': 'Firefox', 'accept-language': 'sr', 'cf-connecting-ip': '192.0.2.1', cookie: 'a=1' },
  B: { 'user-agent': 'Safari', 'accept-language': 'ja, en', 'cf-connecting-ip': '2001:db8::2' },
};

describe('G-gateway: the gateway tries to tell two clients apart by what it receives outside the envelope', () => {
  /** The relay with a recording sender. A leaky build adds a field. */
  async function transcript(leak: (user: User) => Record<string, string> = () => ({})) {
    const vars = {
      GATEWAYS: '{"": "https://gateway.example"}',
      RELAY_TOKENS: '{"": "credential-of-the-relay"}',
      ALLOW_ONE_PROVIDER: 'true',
    };
    const config = readConfig(new Variables(vars, { service: 'relay', platform: 'workers' }));
    return play(ROUNDS, async (user) => {
      let seen: Features = {};
      const { app } = relay({
        config,
        send: async (url, init) => {
          const headers = [...new Headers(init.headers), ...Object.entries(leak(user))];
          const body = new Uint8Array(await new Response(init.body).arrayBuffer());
          seen = { url, method: init.method ?? '', headers: JSON.stringify(headers), length: body.length };
          return new Response(new Uint8Array(50), { headers: { 'content-type': 'message/ohttp-res' } });
        },
        now: () => 0,
        sleep: async () => {},
        timeout: () => new AbortController().signal,
      });
      const headers = { ...PEOPLE[user], 'content-type': 'message/ohttp-req' };
      const post = { method: 'POST', headers, body: new Uint8Array(1200) };
      await app.request('https://relay.example/ohttp', post, { admit: () => true, waitUntil: () => {} });
      return seen;
    });
  }

  test('relay: its requests to the gateway are the same for both clients', async () => {
    expect(distinguishing(await transcript())).toEqual([]);
  });

  test('game: catches a relay that adds a field of the client', async () => {
    const leaky = await transcript((user) => ({ 'x-agent': PEOPLE[user]['user-agent'] ?? '' }));
    expect(distinguishing(leaky)).toEqual(['headers']);
  });
});

/** Two clients with their own wallets and clocks, and one relay, gateway and issuer. */
async function people(clock: Readonly<Record<User, number>> = { A: 0, B: 217 }) {
  const world = await World.create('games');
  const clientOf = (user: User): Client =>
    world.client({
      wallet: memoryWallet(),
      account: async () => `account-of-${user}`,
      now: () => world.now + clock[user],
      restSeconds: 0,
      batches: 2,
    });
  const clients = { A: clientOf('A'), B: clientOf('B') };
  for (const client of Object.values(clients)) await client.refill();
  return { world, clients };
}

describe('G-origin: the gateway tries to tell two clients apart by what is inside the envelope', () => {
  async function transcript(leak: (user: User, features: Features) => Features = (_user, seen) => seen) {
    const { world, clients } = await people();
    return play(ROUNDS, async (user, round) => {
      await clients[user].search(QUERIES[round % 2] ?? 'cat');
      const request = world.gateway.seen.at(-1);
      const fields = request?.fields.map(([name, value]) => [name, name === 'authorization' ? '' : value]);
      return leak(user, {
        'header set': JSON.stringify(fields),
        target: `${request?.method} ${request?.scheme} ${request?.authority} ${request?.path}`,
        envelope: world.gateway.envelopes.at(-1)?.length ?? 0,
        'outer header set': JSON.stringify(world.sent.at(-1)?.init.headers),
      });
    });
  }

  test('client: clocks that differ by minutes and different accounts leave no trace in a request', async () => {
    expect(distinguishing(await transcript())).toEqual([]);
  });

  test('game: catches a client with an exact date, and one with its own request length', async () => {
    const exact = await transcript((user, seen) => ({ ...seen, date: user === 'A' ? 0 : 217 }));
    expect(distinguishing(exact)).toEqual(['date']);
    const long = await transcript((user, seen) => ({
      ...seen,
      envelope: Number(seen['envelope']) + (user === 'A' ? 1 : 0),
    }));
    expect(distinguishing(long)).toEqual(['envelope']);
  });
});

describe('G-issuer: the issuer tries to link a redeemed token to its issuance', () => {
  const voprf = nobleVoprf('ristretto255-SHA512');

  test('VOPRF: every blind gives the same token, so any issuance could be its origin', async () => {
    const { world } = await people();
    const key = world.issuer.key(Math.floor(world.now / DAY) * DAY);
    const input = world.random(98);
    const outputs = [];
    for (let i = 0; i < 4; i++) {
      const blinded = await voprf.blind(input, world.random);
      const { evaluatedElements, proof } = await voprf.blindEvaluate(
        key,
        [blinded.blindedElement],
        world.random,
      );
      const item = { input, ...blinded, evaluatedElement: evaluatedElements[0] as Bytes };
      outputs.push({
        blinded: hex(blinded.blindedElement),
        token: hex((await voprf.finalize(key.publicKey, [item], proof))[0] as Bytes),
      });
    }
    expect(new Set(outputs.map(({ blinded }) => blinded)).size).toBe(4);
    expect(new Set(outputs.map(({ token }) => token)).size).toBe(1);
  });

  /** The issuer's view of an issuance, without the account. */
  async function issuances(leak: (user: User, length: number) => number = (_user, length) => length) {
    const { world, clients } = await people();
    return play(12, async (user) => {
      await clients[user].refill({ more: true });
      const sent = world.sent.findLast(({ url }) => url.endsWith('/token-request'));
      return {
        length: leak(user, sent === undefined ? 0 : bytesOf(sent.init).length),
        fields: JSON.stringify(Object.keys(sent?.init.headers ?? {})),
        head: sent === undefined ? '' : hex(bytesOf(sent.init).subarray(0, 5)),
      };
    });
  }

  test('client: batches have one form for everyone; the game catches a client with its own batch size', async () => {
    expect(distinguishing(await issuances())).toEqual([]);
    expect(distinguishing(await issuances((user, length) => (user === 'A' ? length : length - 32)))).toEqual([
      'length',
    ]);
  });

  test('client: issuance and redemption share no string of eight bytes', async () => {
    const { world, clients } = await people();
    await clients.A.search('cat');
    const batches = world.sent
      .filter(({ url }) => url.endsWith('/token-request'))
      .map(({ init }) => hex(bytesOf(init)));
    const authorization =
      world.gateway.seen.at(-1)?.fields.find(([name]) => name === 'authorization')?.[1] ?? '';
    const token = decodeToken(
      new Uint8Array(Buffer.from(/"([^"]+)"/.exec(authorization)?.[1] ?? '', 'base64url')),
    );
    for (const secret of [token.nonce, token.authenticator]) {
      for (let at = 0; at + 8 <= secret.length; at++) {
        expect(batches.some((batch) => batch.includes(hex(secret.subarray(at, at + 8))))).toBe(false);
      }
    }
  });
});

describe('G-key: a key for one client only', () => {
  test('client: refuses two bundles for one sequence (malicious-keyconfig), and sends nothing afterwards', async () => {
    const { world, clients } = await people();
    await clients.A.search('cat');
    await world.gateway.newKey(4); // another key, for A alone
    const envelopes = world.gateway.envelopes.length;
    await expect(clients.A.search('cat')).rejects.toMatchObject({ code: 'keys-changed' });
    for (let i = 0; i < 2; i++) {
      await expect(clients.A.search('cat')).rejects.toMatchObject({ code: 'equivocation' });
    }
    expect(world.gateway.envelopes.length - envelopes).toBe(1);
  });

  test('client: keeps no token of a batch under another key (malicious-issuer-key)', async () => {
    const world = await World.create('key');
    const voprf = nobleVoprf('ristretto255-SHA512');
    const other = await voprf.generateKeyPair(world.random);
    world.issuer.evaluate = (_key, body) => {
      const request = decodeAmortizedBatchTokenRequest(body);
      const named = { ...request, truncatedTokenKeyId: truncatedTokenKeyId(other.publicKey) };
      return issueAmortized(voprf, other, named, world.random);
    };
    const client = world.client({ restSeconds: 0 });
    await expect(client.search('cat')).rejects.toMatchObject({ code: 'bad-batch' });
    expect(world.gateway.envelopes).toEqual([]);
  });
});

describe('G-error: the relay tries to tell responses apart by their length', () => {
  test('gateway: expired, spent, malformed and successful responses have one length', async () => {
    const { world, clients } = await people();
    const lengths = new Set<number>();
    const handle = world.gateway.handle.bind(world.gateway);
    world.gateway.handle = async (body) => {
      const response = await handle(body);
      lengths.add(response.body.length);
      return response;
    };
    await clients.A.search('cat');
    for (const status of [400, 401, 409, 417, 429, 500, 503]) {
      world.gateway.refuse = () => ({ status, content: new Uint8Array(status) });
      await clients.A.search('cat').catch(() => {});
    }
    expect(lengths.size).toBe(1);
  });
});

describe('ciphertext', () => {
  test('client: enc, ciphertext and blinded elements look random, and none repeats', async () => {
    const { world, clients } = await people();
    for (let i = 0; i < 60; i++) await clients.A.search('cat');
    const { envelopes } = world.gateway;
    expect(new Set(envelopes.map((envelope) => hex(envelope.subarray(7, 7 + 1120)))).size).toBe(
      envelopes.length,
    );
    // One in 10,000 fair sources is above 345 for 255 degrees of freedom.
    const x25519AndCiphertext = concat(...envelopes.map((envelope) => envelope.subarray(7 + 1120)));
    expect(chiSquare(x25519AndCiphertext)).toBeLessThan(345);
    expect(chiSquare(concat(...envelopes.map((envelope) => envelope.subarray(0, 200))))).toBeGreaterThan(345);
  });
});
