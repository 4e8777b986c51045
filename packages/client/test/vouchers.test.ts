import { hex, type Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { memoryWallet, type WalletState } from '../src/index.ts';
import {
  asked,
  bytesOf,
  FIRST,
  FIRST_EPOCH,
  refills,
  search,
  spoilt,
  started,
  voucherWorld,
  vouchersOf,
} from './support/vouchers.ts';
import { DAY } from './support/world.ts';

const ISSUER = 'https://issuer.example';

describe('a client with vouchers', () => {
  test('on a new device makes one issuance and one refill, and searches after the rest', async () => {
    const { setup, world, wallet, client } = await started();
    expect(setup.issuances.map(asked)).toEqual([[FIRST_EPOCH, [3, 3, 3, 3, 3, 3, 3]]]);
    expect(refills(setup)).toBe(1);
    expect((await vouchersOf(wallet))?.held).toHaveLength(20);
    await expect(client.request('stickers', search)).rejects.toMatchObject({ code: 'tokens-resting' });
    world.now += 900;
    expect((await client.request('stickers', search)).status).toBe(200);
    // Nothing was requested with the account but vouchers.
    expect(world.urls().filter((url) => url.startsWith(ISSUER))).toEqual([`${ISSUER}/voucher-request`]);
  });

  test('by consent refills and searches at once, in one refill', async () => {
    const { setup, client } = await fresh();
    expect((await client.request('stickers', search, { allowFresh: true })).status).toBe(200);
    expect([setup.issuances.length, refills(setup)]).toEqual([1, 1]);
  });

  test('a refill has neither account nor issuer, one length, and one envelope', async () => {
    const { setup, world } = await started();
    const lengths = new Set(
      world.sent.filter(({ url }) => url.endsWith('/ohttp')).map(({ init }) => bytesOf(init.body).length),
    );
    expect(lengths.size).toBe(1);
    const [refill] = setup.world.gateway.seen;
    expect(refill?.fields.map(([name]) => name)).toEqual(['authorization', 'content-type', 'date']);
    expect(JSON.stringify(world.sent.filter(({ url }) => url.endsWith('/ohttp')))).not.toContain(
      'account.jwt',
    );
  });

  test('never goes back to the account: not when vouchers are used up, and not when refills leave the bundle', async () => {
    const { setup, world, wallet, client } = await started();
    for (let i = 0; i < 2; i++) await client.refill({ more: true });
    await expect(client.refill({ more: true })).rejects.toMatchObject({ code: 'no-vouchers' });
    await wallet.update((state) => void (state.tokens = []));
    await expect(client.request('stickers', search)).rejects.toMatchObject({ code: 'no-vouchers' });
    world.now += DAY;
    world.alter = (bundle) => bundle;
    await expect(client.refill({ more: true })).rejects.toMatchObject({ code: 'refills-ended' });
    await expect(client.request('stickers', search)).rejects.toMatchObject({ code: 'refills-ended' });
    expect(world.urls().filter((url) => url === `${ISSUER}/token-request`)).toEqual([]);
    expect(setup.issuances).toHaveLength(1);
  });

  test('a wallet of a release without vouchers goes on with its tokens, and then uses vouchers alone', async () => {
    const setup = await voucherWorld();
    const { world } = setup;
    const withRefills = world.alter;
    world.alter = (bundle) => bundle;
    const wallet = memoryWallet();
    await world.client({ wallet }).refill();
    await wallet.update((state) => void delete (state as Partial<WalletState>).vouchers);
    world.alter = withRefills;
    world.now += DAY;
    const client = world.client({ wallet });
    expect((await client.request('stickers', search)).status).toBe(200);
    world.now += 6 * 3600; // when tokens of the account would be due
    await client.refill();
    await client.refill();
    expect(world.urls().filter((url) => url === `${ISSUER}/token-request`)).toHaveLength(1);
    expect(setup.issuances).toHaveLength(1);
  });
});

describe('all or nothing', () => {
  test.each<[string, (responses: Bytes[]) => Bytes[]]>([
    ['one batch that does not verify', (all) => all.map((one, i) => (i === 4 ? spoilt(one) : one))],
    ['one batch fewer', (all) => all.slice(1)],
    ['one batch more', (all) => [...all, all[0] ?? new Uint8Array(0)]],
    ['one batch twice', (all) => [...all.slice(0, -1), all[0] ?? new Uint8Array(0)]],
    ['an empty batch', (all) => all.map((one, i) => (i === 0 ? new Uint8Array(0) : one))],
  ])('%s: no voucher is kept, and the next request is as if all had been', async (_name, spoil) => {
    const setup = await voucherWorld();
    const { world } = setup;
    setup.spoil = spoil;
    const wallet = memoryWallet();
    const client = world.client({ wallet });
    await expect(client.refill()).rejects.toMatchObject({ code: 'bad-batch' });
    expect((await vouchersOf(wallet))?.held).toEqual([]);
    for (let hour = 0; hour < 4 * 24; hour += 6) {
      world.now += 6 * 3600;
      await client.refill().catch(() => {});
    }
    expect(setup.issuances).toHaveLength(1); // nothing before the window
    expect(refills(setup)).toBe(0);
  });

  test('day coding: an issuer that gives each account its own subset of days gets no refill on any of them', async () => {
    const days = [0, 1, 1, 0, 1, 0, 1];
    const setup = await voucherWorld();
    const { world } = setup;
    setup.spoil = (all) => all.map((one, i) => (days[i] === 1 ? one : spoilt(one)));
    const wallet = memoryWallet();
    const seen: number[] = [];
    for (let day = 0; day < 7; day++) {
      world.now = FIRST + day * DAY;
      const before = refills(setup);
      await world
        .client({ wallet })
        .refill({ more: true })
        .catch(() => {});
      seen.push(refills(setup) - before);
    }
    expect(seen).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(seen).not.toEqual(days); // what a client that kept the valid batches would show
  });
});

describe('the schedule of issuances', () => {
  test('in the window, the vouchers of the next period are requested once', async () => {
    const { setup, world, client } = await started();
    world.now = FIRST + 5 * DAY - 3600;
    await client.refill();
    world.now = FIRST + 7 * DAY - 3601; // the window is over
    await client.refill();
    await client.refill();
    expect(setup.issuances).toHaveLength(2);
    const [first, counts] = asked(setup.issuances[1] ?? new Uint8Array(0));
    expect([first, counts]).toEqual([FIRST_EPOCH + 7, [3, 3, 3, 3, 3, 3, 3]]);
  });

  test('a device that slept through the window requests what is left of the period when it is active', async () => {
    const { setup, world, client } = await started();
    world.now = FIRST + 9 * DAY;
    await client.refill();
    expect(asked(setup.issuances[1] ?? new Uint8Array(0))).toEqual([FIRST_EPOCH + 9, [3, 3, 3, 3, 3]]);
  });

  test('an issuance without an answer is sent again with the same bytes, and its vouchers are good', async () => {
    const setup = await voucherWorld();
    const { world } = setup;
    setup.status = 503;
    const wallet = memoryWallet();
    const client = world.client({ wallet });
    await expect(client.refill()).rejects.toMatchObject({ code: 'issuer-failed' });
    await client.refill().catch(() => {});
    expect(setup.issuances).toHaveLength(1); // not before its time
    setup.status = 200;
    world.now += 900;
    await client.refill();
    const [first, second] = setup.issuances;
    expect(hex(first ?? new Uint8Array(0))).toBe(hex(second ?? new Uint8Array(1)));
    expect((await vouchersOf(wallet))?.held).toHaveLength(20);
  });

  test('V03 an account whose issuances are used up is told until when, and asks no more in the period', async () => {
    const setup = await voucherWorld();
    setup.status = 429;
    const client = setup.world.client();
    await expect(client.refill()).rejects.toMatchObject({ code: 'quota', until: (FIRST_EPOCH + 7) * DAY });
    for (let i = 0; i < 3; i++) {
      setup.world.now += DAY;
      await client.refill().catch(() => {});
    }
    expect(setup.issuances).toHaveLength(1);
  });
});

async function fresh() {
  const setup = await voucherWorld();
  return { setup, client: setup.world.client() };
}
