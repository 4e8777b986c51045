import { describe, expect, test } from 'vitest';
import { encodeDirectory } from '@sotto/privacypass';
import { hex } from '@sotto/wire';
import { createWallet, memoryWallet, type ClientError, type Lock, type Wallet } from '../src/index.ts';
import { scheduleFor } from '../src/schedule.ts';
import { memoryStore } from '../src/wallet/memory.ts';
import { encodeState } from '../src/wallet/state.ts';
import { inner } from './support/gateway.ts';
import { bytesOf, DAY, seeded, START, World } from './support/world.ts';

const ISSUER = 'https://issuer.example/token-request';
const bodies = (world: World): string[] =>
  world.sent.filter(({ url }) => url === ISSUER).map(({ init }) => hex(bytesOf(init)));
const never = <T>(): Promise<T> => new Promise(() => {});
const tokensOf = (wallet: Wallet): Promise<number> => wallet.update(({ tokens }) => tokens.length);

describe('N26 N60 pages that are closed during a refill', () => {
  test('three pages, no response: a minute later the same batch is sent again, and nothing is lost', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    world.intercept = ({ url }) => (url === ISSUER ? never() : null);
    for (let i = 1; i <= 3; i++) {
      world
        .client({ wallet, batches: 3 })
        .refill()
        .catch(() => {}); // a page that was closed does not see how its refill ends
      await expect.poll(() => bodies(world).length).toBe(i);
      const early = world.client({ wallet, batches: 3 });
      await expect(early.search('cat')).rejects.toMatchObject({ code: 'no-tokens', until: world.now + 60 });
      world.now += 60;
    }
    world.intercept = () => null;
    await world.client({ wallet, batches: 3 }).refill();
    expect(await tokensOf(wallet)).toBe(90);
    expect(new Set(bodies(world)).size).toBe(3);
    expect(bodies(world)).toHaveLength(6);
  });

  test.each([1, 2, 3])(
    'killed %i times between the response and the wallet: one batch is counted, and its tokens are kept',
    async (times) => {
      const world = await World.create();
      const store = memoryStore();
      const wallet = createWallet(store);
      for (let i = 0; i < times; i++) {
        const dying = createWallet({
          ...store,
          replace: async (version, bytes) =>
            new TextDecoder().decode(bytes).includes('"tokens":[{') ? never() : store.replace(version, bytes),
        });
        world
          .client({ wallet: dying })
          .refill()
          .catch(() => {}); // a page that was closed does not see how its refill ends
        await expect.poll(() => bodies(world).length).toBe(i + 1);
        world.now += 60;
      }
      await world.client({ wallet }).refill();
      expect(await tokensOf(wallet)).toBe(30);
      expect(new Set(bodies(world)).size).toBe(1);
    },
  );

  test('a clock that was ahead when a batch was sent does not hold it back', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    world.now += 10 * 3600;
    world.intercept = ({ url }) => (url === ISSUER ? never() : null);
    world
      .client({ wallet })
      .refill()
      .catch(() => {}); // a page that was closed does not see how its refill ends
    await expect.poll(() => bodies(world).length).toBe(1);
    world.now -= 10 * 3600;
    world.intercept = () => null;
    await world.client({ wallet }).refill();
    expect(await tokensOf(wallet)).toBe(30);
  });

  test('the seed of a batch is gone once its tokens are stored', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    await world.client({ wallet }).refill();
    expect(await wallet.update(({ batches }) => batches)).toEqual({});
  });

  test('a batch of the last epoch is not sent again', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    world.intercept = ({ url }) => {
      if (url === ISSUER) throw new TypeError('fetch failed');
      return null;
    };
    await expect(world.client({ wallet }).refill()).rejects.toMatchObject({ code: 'issuer-unreachable' });
    world.intercept = () => null;
    world.now = START + 2 * DAY;
    await world.client({ wallet }).refill();
    expect(new Set(bodies(world)).size).toBe(2);
  });
});

describe('N28 callbacks and locks that never settle', () => {
  const deadlines = () => {
    const controllers: { readonly seconds: number; readonly controller: AbortController }[] = [];
    const deadline = (seconds: number): AbortSignal => {
      const controller = new AbortController();
      controllers.push({ seconds, controller });
      return controller.signal;
    };
    return {
      deadline,
      expire: () => controllers.forEach(({ controller }) => controller.abort()),
      controllers,
    };
  };

  test('account(): the refill fails with account-unavailable, and the lock is released', async () => {
    const world = await World.create();
    const { deadline, expire, controllers } = deadlines();
    const client = world.client({ account: never, deadline });
    const refilled = client.refill().catch((error: unknown) => error);
    await expect.poll(() => controllers.some(({ seconds }) => seconds === 30)).toBe(true);
    await expect.poll(() => controllers.length).toBeGreaterThan(2); // lock, bundle, account
    expire();
    expect(await refilled).toMatchObject({ code: 'account-unavailable' });
  });

  test('a lock: the second tab fails with wallet-busy, and its refill does not run later', async () => {
    const world = await World.create();
    const { deadline, expire, controllers } = deadlines();
    let grant = (): void => {};
    const lock: Lock = async (_name, task) => {
      await new Promise<void>((resolve) => (grant = resolve));
      return task();
    };
    const searching = world
      .client({ lock, deadline })
      .search('cat')
      .catch((error: unknown) => error);
    await expect.poll(() => controllers.some(({ seconds }) => seconds === 60)).toBe(true);
    expire();
    expect(await searching).toMatchObject({ code: 'wallet-busy' });
    grant();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(bodies(world)).toEqual([]);
  });

  test('fetch() that ignores its signal: the search fails with relay-unreachable', async () => {
    const world = await World.create();
    const { deadline, expire, controllers } = deadlines();
    world.intercept = ({ url }) => (url.endsWith('/bundle') ? never() : null);
    const searching = world
      .client({ deadline })
      .search('cat')
      .catch((error: unknown) => error);
    await expect.poll(() => controllers.length).toBeGreaterThan(0);
    expire();
    expect(await searching).toMatchObject({ code: 'relay-unreachable' });
  });
});

describe('N30 a key that the gateway refuses', () => {
  test('after one refusal no token of this key is used, and those of another key are', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    const client = world.client({ wallet, restSeconds: 0, batches: 2 });
    await client.refill();
    const dead = await wallet.update(({ tokens }) => tokens.slice(0, 30).map(({ token }) => hex(token)));
    world.issuer.keys.delete(START);
    world.now = START + DAY + 3600;
    await world.client({ wallet, batches: 1, restSeconds: 0 }).refill();
    const dueAt = await wallet.update(({ schedules }) => schedules['stickers']?.dueAt ?? 0);
    world.now = Math.max(world.now, dueAt);
    const later = world.client({ wallet, batches: 1, restSeconds: 0 });
    await later.refill();
    const codes: string[] = [];
    for (let i = 0; i < 29; i++) {
      codes.push(
        await later.search(`cat ${i}`).then(
          () => 'found',
          (error: ClientError) => error.code,
        ),
      );
    }
    expect(codes.filter((code) => code !== 'found')).toEqual(['token-refused']);
    const kept = await wallet.update(({ tokens }) => tokens.map(({ token }) => hex(token)));
    expect(kept.filter((token) => dead.includes(token))).toEqual([]);
  });

  test.each(['token-required', 'spent', 'replayed'])('%s drops no other token', async (problem) => {
    const world = await World.create();
    const wallet = memoryWallet();
    const client = world.client({ wallet, restSeconds: 0 });
    await client.refill();
    world.gateway.refuse = () => inner(401, problem);
    await client.search('cat').catch(() => {});
    expect(await tokensOf(wallet)).toBe(29);
  });
});

test('N61 quota: the error says that devices share the tokens, and when there are new ones', async () => {
  const world = await World.create();
  world.issuer.quota = 90;
  const wallets = Array.from({ length: 3 }, () => memoryWallet());
  for (const wallet of wallets) await world.client({ wallet }).refill();
  const fourth = world.client({ wallet: memoryWallet() });
  const error = await fourth.search('cat').catch((caught: unknown) => caught as ClientError);
  expect(error).toMatchObject({ code: 'quota', until: START + DAY });
  expect((error as ClientError).message).toContain('All devices of the account share them');
});

test('the key of another epoch is refused, and nothing is requested', async () => {
  const world = await World.create();
  const { publicKey } = world.issuer.key(START - DAY);
  world.alter = (bundle) => {
    const key = { tokenType: 5, tokenKey: publicKey, notBefore: START - DAY, service: 'stickers' };
    const directory = encodeDirectory({ issuerRequestUri: 'https://issuer.example/', tokenKeys: [key] });
    return { ...bundle, directory };
  };
  await expect(world.client().refill()).rejects.toMatchObject({ code: 'bundle-refused' });
  expect(bodies(world)).toEqual([]);
});

test('a challenge of another service is refused although its key is in the directory', async () => {
  const world = await World.create();
  const challenge = world.issuer.challenge(START, 'weather');
  world.alter = (bundle) => ({
    ...bundle,
    services: bundle.services.map((service) => ({ ...service, challenge })),
  });
  await expect(world.client().refill()).rejects.toMatchObject({ code: 'bundle-refused' });
  expect(bodies(world)).toEqual([]);
});

describe('N12 N24 a schedule that a clock set', () => {
  const options = (now: number) => ({ now, epochSeconds: DAY, batches: 3, random: seeded('clock') });

  test.each([
    ['a whole day ahead', { epoch: START + DAY, dueAt: START + DAY + 900, left: 0 }],
    ['a week ahead', { epoch: START + 7 * DAY, dueAt: START + 7 * DAY, left: 0 }],
  ])('%s: a refill is due at once', (_name, stored) => {
    expect(scheduleFor(stored, START, options(START + 3600))).toEqual({
      epoch: START,
      dueAt: START + 3600,
      left: 3,
    });
  });

  test('hours ahead: a retry is due at once, and begun batches stay begun', () => {
    const stored = { epoch: START, dueAt: START + 20 * 3600, left: 1 };
    expect(scheduleFor(stored, START, options(START + 8 * 3600))).toEqual({
      ...stored,
      dueAt: START + 8 * 3600,
    });
  });

  test('a few minutes ahead across midnight: nothing is refilled twice', () => {
    const stored = { epoch: START + DAY, dueAt: START + DAY + 5000, left: 3 };
    expect(scheduleFor(stored, START, options(START + DAY - 200))).toBe(stored);
  });
});

describe('N19 the wallet’s data about a failed search', () => {
  test('the query cannot be found with a dictionary', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    const client = world.client({ wallet, restSeconds: 0 });
    await client.refill();
    world.intercept = ({ url }) => {
      if (url.endsWith('/ohttp')) throw new TypeError('fetch failed');
      return null;
    };
    const error = await client.search('cat').catch((caught: unknown) => caught as ClientError);
    const { id = '' } = (error as ClientError).attempt ?? {};
    const [pending] = await wallet.update((state) => state.pending);
    expect(pending?.fingerprint).toHaveLength(16);
    expect(await wallet.update((state) => new TextDecoder().decode(encodeState(state)))).not.toContain(id);

    // The same search by another client of the same wallet leaves another fingerprint.
    await world
      .client({ wallet, restSeconds: 0 })
      .search('cat')
      .catch(() => {});
    const prints = await wallet.update((state) => state.pending.map(({ fingerprint }) => hex(fingerprint)));
    expect(new Set(prints).size).toBe(2);
  });
});
