import { encodePack } from '@sotto/privacypass';
import type { Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { EvaluationQueue } from '../src/evaluation-queue.ts';
import { DAY } from './support/world.ts';
import { VoucherWorld } from './support/vouchers.ts';
import { blindBatch, currentKey, random } from './support/wallet.ts';

const atDay = (day: number): VoucherWorld => new VoucherWorld({ clock: { now: VoucherWorld.at(day) } });

describe('refill', () => {
  test('a voucher buys tokens of every service, which redeem', async () => {
    const world = atDay(0);
    const pack = await world.blindPack();
    const { outcome, body } = await world.refill(await world.voucher(), pack.body);
    expect(outcome).toBe('first');
    const [stickers = [], weather = []] = await pack.finish(body as Bytes);
    expect([stickers.length, weather.length]).toEqual([2, 1]);
    expect(await world.redeem(stickers[0])).toBe('first');
    expect(await world.redeem(weather[0], { service: 'weather' })).toBe('first');
  });

  test('V04 a voucher of another epoch, a token of a service, and a forged voucher are invalid and leave no trace', async () => {
    const world = atDay(0);
    const vouchers = await world.vouchers();
    const [token] = await world.draw(5);
    const { body } = await world.blindPack();
    const forged = (vouchers[0]?.[0] ?? random(0)).slice();
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    const elsewhere = await atDay(0).voucher();
    for (const one of [vouchers[1]?.[0], vouchers[6]?.[2], token, forged, elsewhere, new Uint8Array(3)]) {
      expect(await world.refillOutcome(one, body)).toBe('invalid');
    }
    expect(world.spentRows()).toBe(0);
    world.clock.now += DAY;
    const tomorrow = await world.blindPack();
    expect(await world.refillOutcome(vouchers[0]?.[0], tomorrow.body)).toBe('invalid');
    expect(await world.refillOutcome(vouchers[1]?.[0], tomorrow.body)).toBe('first');
  });

  test('V04 a voucher does not redeem as a token', async () => {
    const world = atDay(0);
    const voucher = await world.voucher();
    for (const service of ['refill', 'stickers'])
      expect(await world.redeem(voucher, { service })).toBe('invalid');
  });

  test('V05 with 100 concurrent packs one voucher buys one', async () => {
    const one = [{ name: 'stickers', types: [5], batch: [1], quota: { default: 1 }, refill: 1 }];
    const world = new VoucherWorld({
      vars: { SERVICES: JSON.stringify(one) },
      clock: { now: VoucherWorld.at(0) },
    });
    const voucher = await world.voucher();
    const packs = await Promise.all(Array.from({ length: 100 }, () => world.blindPack([['stickers', 1]])));
    // Requests over the limit of the queue are unavailable, and spend nothing.
    const outcomes: string[] = [];
    for (let i = 0; i < packs.length; i += 20) {
      outcomes.push(
        ...(await Promise.all(packs.slice(i, i + 20).map(({ body }) => world.refillOutcome(voucher, body)))),
      );
    }
    expect(outcomes.filter((outcome) => outcome === 'first')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(99);
    expect(world.spentRows()).toBe(1);
  });

  test('V06 V07 the same pack is signed three times in all and yields the same tokens; one envelope once; another pack never', async () => {
    const world = atDay(0);
    const voucher = await world.voucher();
    const pack = await world.blindPack();
    const envelope = random(32);
    const first = await world.refill(voucher, pack.body, envelope);
    const tokens = await pack.finish(first.body as Bytes);
    expect(await world.refillOutcome(voucher, pack.body, envelope)).toBe('replayed');
    expect(await world.refillOutcome(voucher, (await world.blindPack()).body)).toBe('spent');
    for (let i = 0; i < 2; i++) {
      const again = await world.refill(voucher, pack.body);
      expect(again.outcome).toBe('again');
      expect(await pack.finish(again.body as Bytes)).toEqual(tokens);
    }
    expect(await world.refill(voucher, pack.body)).toMatchObject({ outcome: 'spent', body: null });
  });

  test('V01 V08 a pack that is not the bundle’s spends nothing', async () => {
    const world = atDay(0);
    const voucher = await world.voucher();
    const good = await world.blindPack();
    const yesterday = await world.directory();
    const wrong: Record<string, Bytes> = {
      'a service fewer': (await world.blindPack([['stickers', 2]])).body,
      'another order': (
        await world.blindPack([
          ['weather', 1],
          ['stickers', 2],
        ])
      ).body,
      'a service twice': (
        await world.blindPack([
          ['stickers', 2],
          ['stickers', 2],
        ])
      ).body,
      'a token fewer': (
        await world.blindPack([
          ['stickers', 1],
          ['weather', 1],
        ])
      ).body,
      'a token more': (
        await world.blindPack([
          ['stickers', 2],
          ['weather', 2],
        ])
      ).body,
      'an element that is none': good.body.map((byte, i) => (i === 40 ? byte ^ 0x80 : byte)),
      'a cut pack': good.body.subarray(0, -1),
      nothing: new Uint8Array(0),
      'no batch': encodePack([]),
    };
    for (const [name, body] of Object.entries(wrong)) {
      expect([name, await world.refillOutcome(voucher, new Uint8Array(body))]).toEqual([name, 'malformed']);
    }
    expect(world.spentRows()).toBe(0);
    expect(await world.refillOutcome(voucher, good.body)).toBe('first');
    // Keys of the previous epoch sign nothing any more.
    const vouchers = await world.vouchers();
    world.clock.now += DAY;
    const old = await Promise.all(
      ['stickers', 'weather'].map((service, i) =>
        blindBatch(currentKey(yesterday, service, 5, world.clock.now - DAY), 2 - i),
      ),
    );
    const body = encodePack(old.map(({ request }) => request));
    expect(await world.refillOutcome(vouchers[1]?.[0], body)).toBe('malformed');
  });

  test('V09 a full queue, a key at its ceiling and a store that fails are unavailable and spend nothing', async () => {
    const full = atDay(0);
    const [voucher, pack] = [await full.voucher(), await full.blindPack()];
    const pending: (() => void)[] = [];
    const { queue } = full.issuer.issuing as { queue: EvaluationQueue };
    const inside = Array.from({ length: 32 }, () =>
      queue.enter(() => new Promise<void>((done) => pending.push(done))),
    );
    expect(await full.refillOutcome(voucher, pack.body)).toBe('unavailable');
    for (const done of pending) done();
    await Promise.all(inside);
    expect(full.spentRows()).toBe(0);
    expect(await full.refillOutcome(voucher, pack.body)).toBe('first');

    const low = [
      { name: 'stickers', types: [5], batch: [30], quota: { default: 30 }, ceiling: 30, refill: 20 },
    ];
    const ceiling = new VoucherWorld({
      vars: { SERVICES: JSON.stringify(low) },
      clock: { now: VoucherWorld.at(0) },
    });
    const [[a, b] = []] = await ceiling.vouchers();
    const one = await ceiling.blindPack([['stickers', 20]]);
    expect(await ceiling.refillOutcome(a, one.body)).toBe('first');
    const two = await ceiling.blindPack([['stickers', 20]]);
    expect(await ceiling.refillOutcome(b, two.body)).toBe('unavailable');
    expect(ceiling.spentRows()).toBe(1);

    const away = new VoucherWorld({
      clock: { now: VoucherWorld.at(0) },
      deps: ({ spent }) => ({ spent: { ...spent, spend: () => Promise.reject(new Error('away')) } }),
    });
    expect(await away.refillOutcome(await away.voucher(), (await away.blindPack()).body)).toBe('unavailable');
  });

  test('V10 after a fault between spend and signature, the same pack is signed', async () => {
    const world = atDay(0);
    const [voucher, pack] = [await world.voucher(), await world.blindPack()];
    const { spent } = world.issuer.deps;
    const spend = spent.spend.bind(spent);
    Object.assign(spent, {
      spend: async (...call: Parameters<typeof spent.spend>) => {
        await spend(...call);
        throw new Error('killed');
      },
    });
    expect(await world.refillOutcome(voucher, pack.body)).toBe('unavailable');
    Object.assign(spent, { spend });
    expect(world.spentRows()).toBe(1);
    const again = await world.refill(voucher, pack.body);
    expect(again.outcome).toBe('again');
    expect((await pack.finish(again.body as Bytes)).map((batch) => batch.length)).toEqual([2, 1]);
  });

  test('V11 the epoch ends while a refill waits: nothing is spent; it ends while it signs: the pack is signed', async () => {
    const early = atDay(0);
    const [voucher, pack] = [await early.voucher(), await early.blindPack()];
    early.issuer.issuing.limiter.reserve = async () => {
      early.clock.now += DAY;
      return true;
    };
    expect(await early.refillOutcome(voucher, pack.body)).toBe('invalid');
    expect(early.spentRows()).toBe(0);

    const late = atDay(0);
    const [other, sent] = [await late.voucher(), await late.blindPack()];
    const { spent } = late.issuer.deps;
    const spend = spent.spend.bind(spent);
    Object.assign(spent, {
      spend: async (...call: Parameters<typeof spent.spend>) => {
        const outcome = await spend(...call);
        late.clock.now += DAY;
        return outcome;
      },
    });
    const { outcome, body } = await late.refill(other, sent.body);
    expect(outcome).toBe('first');
    const [[token] = []] = await sent.finish(body as Bytes);
    expect(await late.redeem(token)).toBe('first'); // tokens are accepted in the next epoch too
  });

  test('V12 a restore ends this epoch’s vouchers, and those of later epochs stay valid', async () => {
    const world = atDay(0);
    const vouchers = await world.vouchers();
    const [today, tomorrow] = [vouchers[0]?.[0], vouchers[1]?.[0]];
    await world.issuer.retireAll();
    expect(await world.refillOutcome(today, (await world.blindPack([])).body)).toBe('invalid');
    world.clock.now += DAY;
    expect(await world.refillOutcome(tomorrow, (await world.blindPack()).body)).toBe('first');
  });

  test('V12 a store older than the gateway remembers refills nothing', async () => {
    const world = atDay(0);
    const [voucher, pack] = [await world.voucher(), await world.blindPack()];
    expect(await world.refillOutcome(voucher, pack.body, random(32), 1_000_000)).toBe('unavailable');
    expect(world.spentRows()).toBe(0);
  });

  test('V16 after the wrapping key was lost, keys that a bundle has shown are not made anew', async () => {
    const world = atDay(4);
    const { keys } = await world.refillInfo();
    const KEY_WRAPPING_KEY = 'QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8';
    const after = new VoucherWorld({
      vars: { KEY_WRAPPING_KEY },
      database: world.database,
      clock: world.clock,
    });
    await after.issuer.replaceUnreadable();
    after.clock.now += DAY;
    expect((await after.refillInfo()).keys.slice(0, 2)).toEqual(keys.slice(1));
    // The vouchers of the period cannot all be issued, so none are.
    const pending = await after.blindVouchers();
    expect((await after.postVouchers(pending.body)).status).toBe(503);
  });
});
