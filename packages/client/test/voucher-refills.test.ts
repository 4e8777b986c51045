import { hex } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { memoryWallet, NotSentError } from '../src/index.ts';
import { inner } from './support/gateway.ts';
import {
  bytesOf,
  FIRST_EPOCH,
  peek,
  refills,
  search,
  spoilt,
  started,
  voucherWorld,
  vouchersOf,
} from './support/vouchers.ts';
import { DAY } from './support/world.ts';

describe('a refill without an answer', () => {
  test('V06 is not sent again in the background, and by the user with the same pack and voucher in a new envelope', async () => {
    const { setup, world, wallet, client } = await started();
    const answer = world.intercept;
    await wallet.update((state) => void (state.tokens = []));
    world.intercept = async (sent) =>
      sent.url.endsWith('/ohttp')
        ? (await world.gateway.handle(bytesOf(sent.init.body)), LOST)
        : answer(sent);
    await expect(client.refill({ more: true })).rejects.toMatchObject({ code: 'relay-failed' });
    const before = refills(setup);
    for (let i = 0; i < 5; i++) {
      world.now += 120;
      await client.refill().catch(() => {});
    }
    expect(refills(setup)).toBe(before);
    world.intercept = answer;
    await expect(client.request('stickers', search)).rejects.toMatchObject({ code: 'tokens-resting' });
    const [a, b] = world.gateway.seen.filter(({ authority }) => authority === 'refill').slice(-2);
    expect(hex(b?.content ?? new Uint8Array(0))).toBe(hex(a?.content ?? new Uint8Array(1)));
    expect(b?.fields[0]).toEqual(a?.fields[0]);
    const envelopes = world.gateway.envelopes.slice(-2).map(hex);
    expect(new Set(envelopes).size).toBe(2);
    expect((await peek(wallet)).tokens).toHaveLength(3);
  });

  test('V06 is given up after three attempts, and at the end of its epoch', async () => {
    const { setup, world, wallet, client } = await started();
    const answer = world.intercept;
    world.intercept = async (sent) => (sent.url.endsWith('/ohttp') ? LOST : answer(sent));
    for (let i = 0; i < 3; i++) {
      await client.refill({ more: true }).catch(() => {});
      expect((await vouchersOf(wallet))?.pack?.attempts).toBe(i + 1);
    }
    const voucher = async (): Promise<string> =>
      hex((await vouchersOf(wallet))?.pack?.voucher.token ?? new Uint8Array(0));
    const given = await voucher();
    await client.refill({ more: true }).catch(() => {});
    expect(await voucher()).not.toBe(given);
    expect(await voucher()).not.toBe('');
    expect((await vouchersOf(wallet))?.pack?.epoch).toBe(FIRST_EPOCH);
    world.now += DAY;
    world.intercept = answer;
    await client.bundle();
    await client.refill().catch(() => {});
    expect((await vouchersOf(wallet))?.pack).toBeNull();
    expect(setup.issuances).toHaveLength(1);
  });

  test.each([
    [401, 'token-invalid'],
    [409, 'spent'],
    [409, 'replayed'],
    [422, 'pack-malformed'],
  ])('after %i %s the voucher is gone', async (status, code) => {
    const { world, wallet, client } = await started();
    world.gateway.refuse = () => inner(status, code);
    await expect(client.refill({ more: true })).rejects.toMatchObject({ code: 'refill-failed' });
    const vouchers = await vouchersOf(wallet);
    expect([vouchers?.pack, vouchers?.held.length]).toEqual([null, 19]);
  });

  test('V10 a process that ends before the response: the next one sends the same pack for the user', async () => {
    const { world, wallet, client } = await started();
    const answer = world.intercept;
    world.intercept = async (sent) => {
      if (!sent.url.endsWith('/ohttp')) return answer(sent);
      await world.gateway.handle(bytesOf(sent.init.body)); // spent and signed
      return new Promise(() => {}); // and never read
    };
    const reached = world.gateway.envelopes.length;
    client.refill({ more: true }).catch(() => {}); // its deadline may pass on a slow machine before this file ends
    await expect.poll(() => world.gateway.envelopes.length).toBe(reached + 1);
    world.intercept = answer;
    const next = world.client({ wallet });
    world.now += 60;
    await next.refill({ more: true });
    const [first, second] = world.gateway.seen.slice(-2).map(({ content }) => hex(content));
    expect(second).toBe(first);
    expect((await peek(wallet)).tokens).toHaveLength(6);
    expect((await vouchersOf(wallet))?.held).toHaveLength(19);
  });

  test('V11 the tokens of a response that comes after midnight belong to the epoch of their key', async () => {
    const { world, wallet, client } = await started();
    const answer = world.intercept;
    world.intercept = (sent) => {
      if (sent.url.endsWith('/ohttp')) world.now = (FIRST_EPOCH + 1) * DAY + 5;
      return answer(sent);
    };
    const evaluate = world.issuer.evaluate;
    world.issuer.evaluate = (_key, request) => evaluate(world.issuer.key(FIRST_EPOCH * DAY), request);
    await client.refill({ more: true });
    expect((await peek(wallet)).tokens.map(({ epoch }) => epoch / DAY)).toEqual(
      Array.from({ length: 6 }, () => FIRST_EPOCH),
    );
    world.now += 900;
    expect((await client.request('stickers', search)).status).toBe(200);
  });

  test('V12 after a restore the vouchers of the epoch are refused, and those of the next epoch buy tokens', async () => {
    const { world, wallet, client } = await started();
    world.gateway.refuse = () => inner(401, 'token-invalid');
    for (let i = 0; i < 2; i++)
      await expect(client.refill({ more: true })).rejects.toMatchObject({ code: 'refill-failed' });
    const until = (FIRST_EPOCH + 1) * DAY;
    await expect(client.refill({ more: true })).rejects.toMatchObject({ code: 'no-vouchers', until });
    world.gateway.refuse = () => null;
    world.now = until + 1;
    await client.refill({ more: true });
    expect((await peek(wallet)).tokens).toHaveLength(6);
  });

  test('that was certainly not sent gives the voucher back, and is tried again in minutes', async () => {
    const { setup, world, wallet, client } = await started();
    const { fetch } = world.options();
    const offline = world.client({
      wallet,
      fetch: (url, init) =>
        url.endsWith('/ohttp') ? Promise.reject(new NotSentError('no connection')) : fetch(url, init),
    });
    await expect(offline.refill({ more: true })).rejects.toMatchObject({ code: 'relay-unreachable' });
    const vouchers = await vouchersOf(wallet);
    expect([vouchers?.pack, vouchers?.held.length]).toEqual([null, 20]);
    world.now += 900;
    await client.refill();
    expect(refills(setup)).toBe(2);
  });

  test('503 keeps the pack for the user', async () => {
    const { world, wallet, client } = await started();
    world.gateway.refuse = () => inner(503, 'unavailable');
    await expect(client.refill({ more: true })).rejects.toMatchObject({ code: 'refill-failed' });
    expect((await vouchersOf(wallet))?.pack?.attempts).toBe(1);
  });

  test('a pack that does not verify gives no tokens, and the next refill comes by schedule', async () => {
    const { world, wallet, client } = await started();
    const evaluate = world.issuer.evaluate;
    world.issuer.evaluate = async (key, request) => spoilt(await evaluate(key, request));
    await expect(client.refill({ more: true })).rejects.toMatchObject({ code: 'bad-batch' });
    expect((await vouchersOf(wallet))?.pack).toBeNull();
    expect((await peek(wallet)).tokens).toHaveLength(3);
  });
});

describe('refills', () => {
  test('one refill buys tokens of every service, used or not', async () => {
    const setup = await voucherWorld();
    setup.services = ['stickers', 'weather'];
    const wallet = memoryWallet();
    await setup.world.client({ wallet, services: ['stickers', 'weather'] }).refill();
    const { tokens } = await peek(wallet);
    expect(
      tokens
        .map(({ service }) => service)
        .toSorted()
        .join(),
    ).toBe('stickers,stickers,stickers,weather,weather,weather');
    expect(refills(setup)).toBe(1);
    // A client that uses one of them sends the same.
    await setup.world.client({ wallet: memoryWallet() }).refill();
    const lengths = setup.world.gateway.seen.map(({ content }) => content.length);
    expect(new Set(lengths).size).toBe(1);
  });

  test('the bundle of a new epoch is fetched when something is due, not before', async () => {
    const { world, wallet, client } = await started();
    const bundles = (): number => world.urls().filter((url) => url.endsWith('/bundle')).length;
    world.now = (FIRST_EPOCH + 1) * DAY;
    await client.refill();
    const due = (await vouchersOf(wallet))?.schedule?.dueAt ?? 0;
    expect(bundles()).toBe(1);
    world.now = due - 1;
    await client.refill();
    expect(bundles()).toBe(1);
    world.now = due;
    await client.refill();
    expect(bundles()).toBe(2);
  });

  test('what cannot be sent is tried again after five to fifteen minutes by the schedule', async () => {
    const { setup, world, wallet } = await started();
    world.alter = (bundle) => bundle; // refills have ended
    world.now += DAY;
    await wallet.update((state) => void (state.tokens = []));
    const slept: number[] = [];
    const stop = world
      .client({
        wallet,
        sleep: (seconds) => {
          slept.push(seconds);
          return slept.length < 3 ? Promise.resolve() : new Promise(() => {});
        },
      })
      .start();
    await expect.poll(() => slept.length).toBe(3);
    stop();
    for (const seconds of slept) expect(seconds).toBeGreaterThanOrEqual(300);
    expect(refills(setup)).toBe(1);
  });

  test('a clock that was ahead for a while costs no voucher', async () => {
    const { world, wallet, client } = await started();
    const now = world.now;
    world.now += 30 * DAY;
    const signed = world.signed.bind(world);
    world.signed = () => signed(FIRST_EPOCH * DAY);
    await expect(client.refill()).rejects.toMatchObject({ code: 'clock-wrong' });
    await client.refill().catch(() => {});
    world.now = now;
    expect((await vouchersOf(wallet))?.held).toHaveLength(20);
    await client.refill({ more: true });
    expect((await vouchersOf(wallet))?.held).toHaveLength(19);
  });

  test('V14 two tabs at once make one issuance and one refill', async () => {
    const setup = await voucherWorld();
    const wallet = memoryWallet();
    const tabs = [1, 2, 3].map(() => setup.world.client({ wallet }));
    await Promise.all(tabs.map((tab) => tab.refill().catch(() => {})));
    expect([setup.issuances.length, refills(setup)]).toEqual([1, 1]);
  });
});

describe('hand-over', () => {
  test('V13 exported vouchers leave the wallet for good, and another device refills with them', async () => {
    const { setup, wallet, client } = await started();
    const bytes = await client.exportVouchers({ epochs: 3, perEpoch: 1 });
    expect((await vouchersOf(wallet))?.held).toHaveLength(17);
    const other = memoryWallet();
    setup.status = 429;
    const second = setup.world.client({ wallet: other });
    expect(await second.importVouchers(bytes)).toBe(3);
    expect(await second.importVouchers(bytes)).toBe(0);
    await second.refill().catch(() => {});
    expect((await peek(other)).tokens).toHaveLength(3);
  });

  test('V13 anything else is refused, and vouchers of other keys or epochs are left out', async () => {
    const { client, world } = await started();
    const bytes = await client.exportVouchers();
    for (const wrong of [new Uint8Array(0), bytes.subarray(1), bytes.subarray(0, -1), new Uint8Array(60)]) {
      await expect(client.importVouchers(wrong)).rejects.toMatchObject({ code: 'config' });
    }
    const changed = bytes.slice();
    changed[30] = (changed[30] ?? 0) ^ 1; // the key of the first one
    expect(await world.client().importVouchers(changed)).toBe(6);
    await expect(world.client().exportVouchers()).rejects.toMatchObject({ code: 'no-vouchers' });
  });
});

const LOST = { status: 502, type: 'text/plain', body: new Uint8Array(0) };
