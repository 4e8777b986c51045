import { describe, expect, test } from 'vitest';
import { decodeBundle, decodeSignedBundle, type Bundle } from '@sotto/bundle';
import { encodeKeyConfigs } from '@sotto/ohttp';
import { base64url, type Bytes } from '@sotto/wire';
import { memoryWallet, type ClientError } from '../src/index.ts';
import { DAY, START, World } from './support/world.ts';

const BUNDLE = 'https://relay.example/bundle';
const fetches = (world: World): number => world.urls().filter((url) => url === BUNDLE).length;

const shows = (world: World, body: () => Bytes): void => {
  world.intercept = ({ url }) => (url === BUNDLE ? { status: 200, type: '', body: body() } : null);
};

describe('L7 the key bundle', () => {
  test('is fetched once per epoch, at a random time within the first hour of the next one', async () => {
    const world = await World.create();
    const client = world.client({ restSeconds: 0, keyDelaySeconds: 0 });
    await client.search('a1');
    await client.search('a2');
    expect(fetches(world)).toBe(1);
    world.now = START + DAY + 3600;
    expect((await client.bundle()).notBefore).toBe(START + DAY);
    await client.search('a3');
    expect(fetches(world)).toBe(2);

    const first = new Set<boolean>();
    for (const seed of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      const other = await World.create(seed);
      const user = other.client();
      await user.bundle();
      other.now = START + DAY + 1200;
      await user.bundle();
      first.add(fetches(other) === 2);
    }
    expect(first.size).toBe(2); // a third of the way into the hour, some clients have fetched and some have not
  });

  test('a new page uses the stored bundle and fetches nothing', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    await world.client({ wallet }).bundle();
    await world.client({ wallet }).bundle();
    expect(fetches(world)).toBe(1);
  });

  test('N06 relay unreachable: the cached bundle is used for two hours of the next epoch', async () => {
    const world = await World.create();
    const client = world.client({ restSeconds: 0 });
    await client.search('cat');
    world.intercept = ({ url }) => {
      if (url === BUNDLE) throw new TypeError('fetch failed');
      return null;
    };
    world.now = START + DAY + 7199;
    await client.search('cat');
    const sent = world.gateway.envelopes.length;
    world.now = START + DAY + 7200;
    await expect(client.search('cat')).rejects.toMatchObject({ code: 'bundle-outdated' });
    expect(world.gateway.envelopes).toHaveLength(sent);
    world.now = START + 2 * DAY;
    await expect(client.bundle()).rejects.toMatchObject({ code: 'relay-unreachable' });
  });

  test('N06 relay responds 503: the cached bundle is used for two hours of the next epoch', async () => {
    const world = await World.create();
    const client = world.client({ restSeconds: 0 });
    await client.search('cat');
    world.intercept = ({ url }) =>
      url === BUNDLE ? { status: 503, type: '', body: new Uint8Array(0) } : null;
    world.now = START + DAY + 7199;
    expect((await client.bundle()).notBefore).toBe(START);
    world.now = START + DAY + 7200;
    await expect(client.bundle()).rejects.toMatchObject({ code: 'bundle-outdated' });
    world.now = START + 2 * DAY;
    await expect(client.bundle()).rejects.toMatchObject({ code: 'relay-failed' });
  });

  test('tokens are requested only under the bundle of the running epoch', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    await world.client({ wallet }).bundle();
    const yesterday = world.signed(START);
    shows(world, () => yesterday);
    world.now = START + DAY + 1800;
    const late = world.client({ wallet });
    await expect(late.refill()).rejects.toMatchObject({ code: 'relay-failed' });
    world.intercept = ({ url }) => {
      if (url === BUNDLE) throw new TypeError('fetch failed');
      return null;
    };
    world.now += 1800;
    const offline = world.client({ wallet });
    const [used, drawn] = await Promise.allSettled([offline.bundle(), offline.refill()]);
    expect(used).toMatchObject({ status: 'fulfilled', value: { notBefore: START } });
    expect(drawn).toMatchObject({ status: 'rejected', reason: { code: 'relay-unreachable' } });
    expect(world.urls().filter((url) => url.includes('issuer'))).toEqual([]);
  });

  test.each<[string, (bundle: Bundle) => Bundle]>([
    ['expiry not at the end of a day', (bundle) => ({ ...bundle, notAfter: bundle.notAfter - 1 })],
    ['another number', (bundle) => ({ ...bundle, sequence: bundle.sequence + 1 })],
  ])('refuses a bundle with %s', async (_name, alter) => {
    const world = await World.create();
    world.alter = alter;
    await expect(world.client().bundle()).rejects.toMatchObject({ code: 'bundle-refused' });
  });

  test('malicious-keyconfig: refuses other keys without a valid signature of a pinned root', async () => {
    const world = await World.create();
    const honest = world.signed();
    await world.gateway.newKey(9);
    const swapped = world.signed();
    const unsigned = swapped.slice();
    unsigned.set(honest.subarray(-64), unsigned.length - 64);
    shows(world, () => unsigned);
    await expect(world.client().bundle()).rejects.toMatchObject({ code: 'bundle-refused' });
    shows(world, () => swapped);
    await expect(world.client({ root: new Uint8Array(32).fill(9) }).bundle()).rejects.toMatchObject({
      code: 'bundle-refused',
    });
  });

  test('refuses more than two live keys of one KEM', async () => {
    const world = await World.create();
    const [{ config } = { config: null }] = world.gateway.keys;
    if (config === null) throw new Error('no key');
    world.alter = (bundle) => ({
      ...bundle,
      keyConfigs: encodeKeyConfigs([2, 4, 6].map((keyId) => ({ ...config, keyId }))),
    });
    await expect(world.client().bundle()).rejects.toMatchObject({ code: 'bundle-refused' });
  });

  test('a bundle of a future epoch throws clock-wrong', async () => {
    const world = await World.create();
    shows(world, () => world.signed(START + DAY));
    await expect(world.client().bundle()).rejects.toMatchObject({ code: 'clock-wrong' });
  });

  test('K04 a lower sequence is ignored and the cached bundle is kept', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    const old = world.signed(START);
    world.now = START + DAY;
    const client = world.client({ wallet });
    await client.bundle();
    shows(world, () => old); // still valid, and signed
    world.now = START + 2 * DAY - 1;
    expect((await client.bundle()).sequence).toBe(START / DAY + 1);
    expect((await world.client({ wallet }).bundle()).sequence).toBe(START / DAY + 1);
    // even when the newer one was lost
    await wallet.update((state) => {
      state.bundle = null;
    });
    await expect(world.client({ wallet }).bundle()).rejects.toMatchObject({ code: 'bundle-refused' });
  });

  test('equivocation: two digests of one sequence are both refused, also after a reload, until a newer epoch', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    const client = world.client({ wallet, restSeconds: 0 });
    await client.search('cat');
    const before = base64url(world.signed());
    await world.gateway.newKey(9);
    world.gateway.refuse = () => null;
    // The key of the old envelope is gone: the gateway reports that, and the refetch returns other keys for
    // the same day.
    await expect(client.search('cat')).rejects.toMatchObject({ code: 'keys-changed' });
    const error = await client.search('cat').catch((cause: unknown) => cause as ClientError);
    expect(error).toMatchObject({ code: 'equivocation', evidence: [before, base64url(world.signed())] });
    expect((error as ClientError).message).toContain('with `sotto bundle verify`');
    const sent = world.urls().filter((url) => url.endsWith('/ohttp')).length;
    const reloaded = world.client({ wallet, restSeconds: 0 });
    await expect(reloaded.search('cat')).rejects.toMatchObject({ code: 'equivocation' });
    // The wallet keeps both, although neither is used and the relay shows one of them only.
    await expect(reloaded.bundle()).rejects.toMatchObject({ evidence: (error as ClientError).evidence });
    expect(world.urls().filter((url) => url.endsWith('/ohttp'))).toHaveLength(sent);
    world.now = START + DAY + 3600;
    await reloaded.search('cat');
    expect(await wallet.update(({ evidence }) => evidence)).toEqual([]);
  });

  test('mirrors: all must show the same bundle, or `agree` of them', async () => {
    const world = await World.create();
    const honest = world.signed();
    await world.gateway.newKey(9);
    const other = world.signed();
    const urls = ['https://one.example/bundle', 'https://two.example/bundle'];
    const show = (...bodies: (Bytes | null)[]): void => {
      world.intercept = ({ url }) => {
        const body = bodies[[BUNDLE, ...urls].indexOf(url)];
        return body === undefined
          ? null
          : { status: body === null ? 503 : 200, type: '', body: body ?? new Uint8Array() };
      };
    };
    show(honest, honest, honest);
    await world.client({ mirrors: { urls } }).bundle();
    show(honest, honest, other);
    await expect(world.client({ mirrors: { urls, agree: 2 } }).bundle()).rejects.toMatchObject({
      code: 'equivocation',
      evidence: [base64url(honest), base64url(other)],
    });
    show(honest, honest, null);
    await expect(world.client({ mirrors: { urls } }).bundle()).rejects.toMatchObject({
      code: 'bundle-refused',
    });
    await world.client({ mirrors: { urls, agree: 2 } }).bundle();
  });

  test('other pinned roots: the stored bundle is not used', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    await world.client({ wallet }).bundle();
    await world.client({ wallet, root: [world.root, new Uint8Array(32).fill(3)] }).bundle();
    expect(fetches(world)).toBe(2);
  });
});

describe('L9 after #ohttp-key', () => {
  test('refetches once after a random delay, sends nothing again, and other requests wait for it', async () => {
    const world = await World.create();
    const naps: { seconds: number; wake: () => void }[] = [];
    const sleep = (seconds: number) => new Promise<void>((wake) => naps.push({ seconds, wake }));
    const client = world.client({ restSeconds: 0, sleep });
    await client.search('cat');
    const [mine] = world.gateway.keys;
    await world.gateway.newKey(9);
    await expect(client.search('cat')).rejects.toMatchObject({ code: 'keys-changed' });
    expect(naps).toHaveLength(1);
    expect(naps[0]?.seconds).toBeLessThan(60);
    expect(fetches(world)).toBe(1);
    const envelopes = world.gateway.envelopes.length;
    world.gateway.keys = mine === undefined ? [] : [mine]; // a temporary failure: the keys have not changed
    const waiting = client.search('dog');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(world.gateway.envelopes).toHaveLength(envelopes);
    naps[0]?.wake();
    await waiting;
    expect(fetches(world)).toBe(2);
    expect(naps).toHaveLength(1);
  });

  test('keyDelaySeconds 0: fetches the keys at once', async () => {
    const world = await World.create();
    const client = world.client({ restSeconds: 0, keyDelaySeconds: 0 });
    await client.search('cat');
    const signed = world.signed();
    shows(world, () => signed);
    await world.gateway.newKey(9);
    await expect(client.search('cat')).rejects.toMatchObject({ code: 'keys-changed' });
    await client.bundle();
    expect([fetches(world), world.slept]).toEqual([2, []]);
  });

  test('two clients wait for different times', async () => {
    const delays = new Set<number>();
    for (const seed of ['a', 'b']) {
      const world = await World.create(seed);
      const client = world.client({ restSeconds: 0 });
      await client.search('cat');
      await world.gateway.newKey(9);
      await expect(client.search('cat')).rejects.toMatchObject({ code: 'keys-changed' });
      delays.add(world.slept[0] ?? 0);
    }
    expect(delays.size).toBe(2);
  });
});

test('L10 every bundle request is the same and identifies nobody', async () => {
  const world = await World.create();
  const client = world.client();
  await client.bundle();
  world.now = START + DAY + 3600;
  await client.bundle();
  const [one, two] = world.sent.filter(({ url }) => url === BUNDLE).map(({ init }) => init);
  expect(one).toEqual(two);
  expect(one).toEqual({
    method: 'GET',
    headers: { 'accept-language': '*' },
    redirect: 'error',
    credentials: 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
  });
  expect(decodeBundle(decodeSignedBundle(world.signed()).bundle).sequence).toBe(START / DAY + 1);
});
