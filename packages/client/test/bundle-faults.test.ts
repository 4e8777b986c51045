import { describe, expect, test } from 'vitest';
import {
  encodeBundle,
  encodeSignedBundle,
  rootPublicKey,
  signBundle,
  decodeBundle,
  decodeSignedBundle,
} from '@sotto/bundle';
import type { Bytes } from '@sotto/wire';
import { memoryWallet } from '../src/index.ts';
import { DAY, START, World } from './support/world.ts';

const BUNDLE = 'https://relay.example/bundle';
const MIRRORS = ['https://one.example/bundle', 'https://two.example/bundle'];
const NEW_ROOT = new Uint8Array(32).fill(8);

const shows = (world: World, body: () => Bytes | null): void => {
  world.intercept = ({ url }) => {
    if (url !== BUNDLE) return null;
    const bytes = body();
    return { status: bytes === null ? 503 : 200, type: '', body: bytes ?? new Uint8Array(0) };
  };
};

/** A bundle that is signed by another root. */
function signedBy(secret: Bytes, signed: Bytes): Bytes {
  const bundle = encodeBundle(decodeBundle(decodeSignedBundle(signed).bundle));
  return encodeSignedBundle({ bundle, signature: signBundle(bundle, secret) });
}

describe('N06 a client whose bundle is held back', () => {
  test.each([
    ['the relay is unreachable', null],
    ['the relay shows yesterday’s bundle', 'yesterday'],
  ])('%s: the client continues for two hours, then stops with bundle-outdated', async (_name, shown) => {
    const world = await World.create();
    const client = world.client({ restSeconds: 0 });
    await client.search('cat');
    const yesterday = world.signed(START);
    world.intercept = ({ url }) => {
      if (url !== BUNDLE) return null;
      if (shown === null) throw new TypeError('fetch failed');
      return { status: 200, type: '', body: yesterday };
    };
    world.now = START + DAY + 7199;
    await client.search('cat');
    world.now += 1;
    const sent = world.gateway.envelopes.length;
    await expect(client.search('cat')).rejects.toMatchObject({ code: 'bundle-outdated' });
    expect(world.gateway.envelopes).toHaveLength(sent);
    world.intercept = () => null;
    await client.search('cat');
    expect((await client.bundle()).notBefore).toBe(START + DAY);
  });
});

describe('N07 mirrors', () => {
  async function withMirrors() {
    const world = await World.create();
    const naps: { seconds: number; wake: () => void }[] = [];
    const sleep = (seconds: number) => new Promise<void>((wake) => naps.push({ seconds, wake }));
    world.intercept = ({ url }) =>
      MIRRORS.includes(url) ? { status: 200, type: '', body: world.signed() } : null;
    const client = world.client({ restSeconds: 0, sleep, mirrors: { urls: MIRRORS } });
    const fetched = (): number => world.urls().filter((url) => MIRRORS.includes(url)).length;
    return { world, client, naps, fetched };
  }

  test('a search fetches no mirror; a timer does, up to ten minutes later', async () => {
    const { world, client, naps, fetched } = await withMirrors();
    const started = world.now;
    await expect(client.search('cat')).rejects.toMatchObject({ code: 'bundle-unconfirmed' });
    expect([fetched(), naps.length]).toEqual([0, 1]);
    expect(naps[0]?.seconds).toBeLessThan(600);
    const again = await client.search('cat').catch((error: unknown) => error);
    expect(again).toMatchObject({ until: started + (naps[0]?.seconds ?? -1) });
    naps[0]?.wake();
    expect((await client.bundle()).notBefore).toBe(START);
    expect(fetched()).toBe(2);
    await client.search('cat');
    expect(fetched()).toBe(2);
  });

  test('in the next epoch searches continue while the timer waits', async () => {
    const { world, client, naps, fetched } = await withMirrors();
    const confirmed = client.bundle();
    await expect.poll(() => naps.length).toBe(1);
    naps[0]?.wake();
    await confirmed;
    await client.search('cat');
    world.now = START + DAY + 3700;
    await client.search('cat');
    expect([fetched(), naps.length]).toEqual([2, 2]);
    naps[1]?.wake();
    await expect.poll(fetched).toBe(4);
  });

  test('the relay’s own URL, or one URL twice, is refused', async () => {
    const world = await World.create();
    for (const urls of [[BUNDLE], [...MIRRORS, ...MIRRORS]]) {
      expect(() => world.client({ mirrors: { urls } })).toThrow('mirrors.urls must differ');
    }
  });
});

describe('N12 roots and clocks', () => {
  const announce = (world: World): void => {
    world.alter = (bundle) => ({ ...bundle, nextRoot: rootPublicKey(NEW_ROOT) });
  };

  test('an announced root is accepted after the bundle that announced it has expired', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    announce(world);
    await world.client({ wallet }).bundle();
    world.alter = (bundle) => bundle;
    world.now = START + 9 * DAY;
    shows(world, () => signedBy(NEW_ROOT, world.signed()));
    expect((await world.client({ wallet }).bundle()).notBefore).toBe(START + 9 * DAY);
    world.now += 5 * DAY;
    expect((await world.client({ wallet }).bundle()).notBefore).toBe(START + 14 * DAY);
  });

  test('with other pins it is not used', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    announce(world);
    await world.client({ wallet }).bundle();
    world.now = START + 9 * DAY;
    shows(world, () => signedBy(NEW_ROOT, world.signed()));
    const root = [world.root, new Uint8Array(32).fill(3)];
    await expect(world.client({ wallet, root }).bundle()).rejects.toMatchObject({ code: 'bundle-refused' });
  });

  test.each([1, 3, 6])('a clock that was %i days ahead once does not lock the client out', async (days) => {
    const world = await World.create();
    const wallet = memoryWallet();
    world.now += days * DAY;
    await world.client({ wallet, restSeconds: 0 }).search('cat');
    world.now -= days * DAY;
    const client = world.client({ wallet, restSeconds: 0 });
    await client.search('cat');
    expect((await client.bundle()).notBefore).toBe(START);
  });

  test('an equivocation that was seen by a wrong clock does not lock the client out', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    await wallet.update((state) => void (state.refused = START / DAY + 5));
    expect((await world.client({ wallet }).bundle()).notBefore).toBe(START);
  });
});

describe('N33 a device clock that is ahead', () => {
  test.each([2, 3, 30])('%i days: clock-wrong', async (days) => {
    const world = await World.create();
    const signed = world.signed();
    shows(world, () => signed);
    world.now += days * DAY;
    await expect(world.client().search('cat')).rejects.toMatchObject({ code: 'clock-wrong' });
  });

  test('a relay that goes back to an older bundle is bundle-refused', async () => {
    const world = await World.create();
    const wallet = memoryWallet();
    const older = world.signed(START - DAY);
    await world.client({ wallet }).bundle();
    shows(world, () => older);
    world.now += 3 * DAY;
    await expect(world.client({ wallet }).bundle()).rejects.toMatchObject({ code: 'bundle-refused' });
  });
});
