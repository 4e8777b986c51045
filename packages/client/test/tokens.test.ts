import { describe, expect, test, vi } from 'vitest';
import { decodeAmortizedBatchTokenRequest, decodeToken, encodeDirectory, namesKey } from '@sotto/privacypass';
import { createClient, emptyState, memoryWallet, type WalletState } from '../src/index.ts';
import { takeToken } from '../src/wallet/tokens.ts';
import { bytesOf, DAY, seeded, START, World } from './support/world.ts';

const ISSUER = 'https://issuer.example/token-request';
const NOTHING = { status: 200, type: '' };
const draws = (world: World): number => world.urls().filter((url) => url === ISSUER).length;

/** The contents of the wallet, without a change. */
async function peek(wallet: {
  update<T>(read: (state: WalletState) => T): Promise<T>;
}): Promise<WalletState> {
  return wallet.update((state) => structuredClone(state));
}

describe('tokens', () => {
  test('the first refill requests three batches of 30 at once, under the key of the running epoch', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    const client = world.client({ wallet, batches: 3 });
    await client.refill();
    expect(draws(world)).toBe(3);
    const { tokens } = await peek(wallet);
    expect(tokens).toHaveLength(90);
    expect(new Set(tokens.map(({ epoch }) => epoch))).toEqual(new Set([START]));
    for (const { url, init } of world.sent.filter((sent) => sent.url === ISSUER)) {
      expect(url).toBe(ISSUER);
      expect(init.headers['authorization']).toBe('Bearer account.jwt.canary');
      expect(init.body).toHaveLength(965);
      expect(decodeAmortizedBatchTokenRequest(bytesOf(init)).blindedMsgs).toHaveLength(30);
    }
  });

  test('the key is the first of its service and type whose not-before has passed', async () => {
    const world = await World.create();
    const [tokenKey, stranger] = [world.issuer.key(START).publicKey, world.issuer.key(START - DAY).publicKey];
    world.alter = (bundle) => {
      const tokenKeys = [
        { tokenType: 5, tokenKey: stranger, notBefore: START, service: 'weather' },
        { tokenType: 1, tokenKey: stranger, notBefore: START, service: 'stickers' },
        { tokenType: 5, tokenKey: stranger, notBefore: START + DAY, service: 'stickers' },
        { tokenType: 5, tokenKey, notBefore: START, service: 'stickers' },
      ];
      return {
        ...bundle,
        directory: encodeDirectory({ issuerRequestUri: 'https://issuer.example/', tokenKeys }),
      };
    };
    const wallet = memoryWallet();
    await world.client({ wallet }).refill();
    const { tokens } = await peek(wallet);
    expect(tokens).toHaveLength(30);
    for (const { token } of tokens) expect(namesKey(decodeToken(token), tokenKey)).toBe(true);
  });

  test('a bundle with the challenge of another service, or without a key, throws bundle-refused and nothing is requested', async () => {
    const world = await World.create();
    const { alter } = world;
    const challenge = world.issuer.challenge(START, 'weather');
    world.alter = (bundle) => ({
      ...bundle,
      services: bundle.services.map((one) => ({ ...one, challenge })),
    });
    await expect(world.client().refill()).rejects.toMatchObject({ code: 'bundle-refused' });
    world.alter = (bundle) => ({ ...alter(bundle), directory: world.issuer.directory(START, 'weather') });
    await expect(world.client().refill()).rejects.toMatchObject({ code: 'bundle-refused' });
    expect(draws(world)).toBe(0);
  });

  test('a service that is not in the bundle throws unknown-service and nothing is requested', async () => {
    const world = await World.create();
    const client = world.client({ services: ['weather'] });
    await expect(client.refill()).rejects.toMatchObject({ code: 'unknown-service' });
    expect(draws(world)).toBe(0);
  });

  test('L6 using tokens never triggers a refill; the schedule does, in the first six hours of an epoch', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    const client = world.client({ wallet, restSeconds: 0 });
    for (let i = 0; i < 30; i++) await client.search(`cat ${i}`);
    expect(draws(world)).toBe(1);
    await expect(client.search('one more')).rejects.toMatchObject({ code: 'no-tokens' });
    expect(draws(world)).toBe(1);

    world.now = START + 86_400;
    await client.refill();
    const dueAt = (await peek(wallet)).schedules['stickers']?.dueAt ?? 0;
    expect(dueAt).toBeGreaterThan(world.now);
    expect(dueAt).toBeLessThan(world.now + 21_600);
    expect(draws(world)).toBe(1);
    world.now = dueAt;
    await client.refill();
    expect(draws(world)).toBe(2);
  });

  test('L6 a token rests 15 minutes, also after the first refill; allowFresh uses it at once', async () => {
    const world = await World.create();
    const client = world.client();
    const until = world.now + 900;
    await expect(client.search('cat')).rejects.toMatchObject({ code: 'tokens-resting', until });
    world.now += 899;
    await expect(client.search('cat')).rejects.toMatchObject({ code: 'tokens-resting' });
    await client.search('cat', { allowFresh: true });
    world.now += 1;
    await client.search('cat');
    expect(draws(world)).toBe(1);
    expect(world.gateway.seen).toHaveLength(2);
  });

  test('allowFresh with an empty wallet requests one more batch', async () => {
    const world = await World.create();
    const client = world.client();
    await client.refill();
    for (let i = 0; i < 31; i++) await client.search(`cat ${i}`, { allowFresh: true });
    expect(draws(world)).toBe(2);
  });

  test('a wallet that missed a whole epoch refills at once', async () => {
    const world = await World.create();
    const client = world.client({ restSeconds: 0 });
    await client.refill();
    world.now += 3 * 86_400;
    await client.search('cat');
    expect(draws(world)).toBe(2);
  });

  test('tokens of the previous epoch are used, older ones are dropped', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    const client = world.client({ wallet, restSeconds: 0 });
    await client.refill();
    world.now = START + 86_400 + 60;
    await client.search('cat');
    world.now = START + 2 * 86_400;
    await client.refill();
    const { tokens } = await peek(wallet);
    expect(tokens.filter(({ epoch }) => epoch === START)).toEqual([]);
  });

  test('takeToken: chooses the token at random', async () => {
    const orders = ['a', 'b', 'c', 'd'].map((seed) => {
      const state = emptyState();
      for (let i = 0; i < 30; i++) {
        state.tokens.push({ service: 'stickers', epoch: START, issuedAt: START, token: Uint8Array.of(i) });
      }
      const view = { now: START + 900, epochSeconds: DAY, restSeconds: 900 };
      const request = { identity: new Uint8Array(16), random: seeded(seed) };
      const taken = Array.from({ length: 30 }, () => takeToken(state, 'stickers', view, request));
      return taken.map((one) => ('token' in one ? one.token.token[0] : -1));
    });
    expect(new Set(orders.map(String)).size).toBe(4);
    for (const order of orders) expect(new Set(order).size).toBe(30);
    expect(new Set(orders.map(([first]) => first)).size).toBeGreaterThan(1);
  });

  test('quota used up: the error names the next epoch, and nothing more is requested in this one', async () => {
    const world = await World.create();
    world.issuer.quota = 45;
    const client = world.client({ batches: 3 });
    await expect(client.refill()).rejects.toMatchObject({ code: 'quota', until: START + 86_400 });
    expect(draws(world)).toBe(2);
    world.now += 40_000;
    await client.refill();
    expect(draws(world)).toBe(2);
  });

  test('I10 no response from the issuer: the same bytes are sent later', async () => {
    const world = await World.create();
    const client = world.client();
    world.intercept = ({ url }) => {
      if (url === ISSUER) throw new TypeError('fetch failed');
      return null;
    };
    await expect(client.refill()).rejects.toMatchObject({ code: 'issuer-unreachable' });
    await client.refill(); // postponed
    expect(draws(world)).toBe(1);
    world.intercept = () => null;
    world.now += 900;
    await client.refill();
    const bodies = world.sent
      .filter(({ url }) => url === ISSUER)
      .map(({ init }) => Buffer.from(bytesOf(init)).toString('hex'));
    expect(bodies).toHaveLength(2);
    expect(bodies[0]).toBe(bodies[1]);
  });

  test('N47 account() that rejects throws account-unavailable, a 401 of the issuer account-refused', async () => {
    const world = await World.create();
    const account = (): Promise<string> => Promise.reject(new Error(`${world.now}`));
    await expect(world.client({ account }).refill()).rejects.toMatchObject({ code: 'account-unavailable' });
    world.intercept = ({ url }) =>
      url === ISSUER ? { status: 401, type: '', body: new Uint8Array() } : null;
    await expect(world.client().refill()).rejects.toMatchObject({ code: 'account-refused' });
  });

  test('three clients of one wallet: no batch is requested twice, no token used twice', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    const tabs = [1, 2, 3].map(() => world.client({ wallet, restSeconds: 0, batches: 2 }));
    await Promise.all(tabs.map((tab) => tab.refill()));
    expect(draws(world)).toBe(2);
    await Promise.all(tabs.flatMap((tab, i) => [1, 2, 3, 4].map((j) => tab.search(`cat ${i} ${j}`))));
    expect(world.issuer.spent.size).toBe(12);
    expect((await peek(wallet)).tokens).toHaveLength(48);
  });

  test('a clock that was 30 days ahead: tokens are requested once it is right', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    const client = world.client({ wallet, restSeconds: 0 });
    world.now = START + 30 * DAY;
    world.intercept = ({ url }) =>
      url.endsWith('/bundle') ? { ...NOTHING, body: world.signed(START) } : null;
    await expect(client.refill()).rejects.toMatchObject({ code: 'clock-wrong' });
    world.intercept = () => null;
    world.now = START + 3600;
    await client.search('cat');
    expect(draws(world)).toBe(1);
  });

  test('L6 tokens issued while the clock was ahead rest from when it is right', async () => {
    const world = await World.create();
    const client = world.client();
    world.now = START + 20 * 3600;
    await client.refill();
    world.now = START + 8 * 3600;
    const until = world.now + 900;
    await expect(client.search('cat')).rejects.toMatchObject({ code: 'tokens-resting', until });
    world.now = until;
    await client.search('cat');
  });

  test('a failed second batch: the error says that the first one is resting', async () => {
    const world = await World.create();
    world.issuer.quota = 45;
    const client = world.client({ batches: 3 });
    await expect(client.search('cat')).rejects.toMatchObject({ code: 'tokens-resting' });
  });

  test('a lock that rejects throws wallet-unavailable', async () => {
    const world = await World.create();
    const lock = (): Promise<never> => Promise.reject(new Error('locked'));
    const client = world.client({ lock });
    await expect(client.refill()).rejects.toMatchObject({ code: 'wallet-unavailable' });
    await expect(client.search('cat')).rejects.toMatchObject({ code: 'wallet-unavailable' });
  });

  test('start: its timer does not keep the process alive', async () => {
    const world = await World.create();
    const { sleep: ours, ...options } = world.options();
    expect(ours).toBeDefined();
    const armed = vi.spyOn(globalThis, 'setTimeout');
    const stop = createClient(options).start();
    const timer = () => armed.mock.results.find((_, i) => armed.mock.calls[i]?.[1] === 3_600_000)?.value;
    await expect.poll(timer, { timeout: 20_000 }).toBeDefined();
    expect(timer()?.hasRef()).toBe(false);
    clearTimeout(timer());
    armed.mockRestore();
    stop();
  });

  test('start: refills by schedule until it is stopped', async () => {
    const world = await World.create();
    const naps: (() => void)[] = [];
    const client = world.client({ sleep: () => new Promise((resolve) => naps.push(resolve)) });
    const stop = client.start();
    await expect.poll(() => naps.length, { timeout: 20_000 }).toBe(1);
    expect(draws(world)).toBe(1);
    world.now += 86_400 + 21_600;
    naps[0]?.();
    await expect.poll(() => naps.length, { timeout: 20_000 }).toBe(2);
    expect(draws(world)).toBe(2);
    stop();
    world.now += 86_400 + 21_600;
    naps[1]?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(draws(world)).toBe(2);
  });
});
