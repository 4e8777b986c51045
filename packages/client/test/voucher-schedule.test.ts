import { describe, expect, test } from 'vitest';
import { nextRefill, noteUse, planIssuance, postponeIssuance } from '../src/vouchers/plan.ts';
import { emptyVouchers, type VoucherState } from '../src/vouchers/state.ts';
import { seeded } from './support/random.ts';
import { VoucherDevice } from './support/voucher-device.ts';

const DAY = 86_400;
const HOUR = 3600;
const PERIOD = 7;
const FIRST = 2856; // a period
const EPOCH = FIRST * PERIOD;
const START = EPOCH * DAY + HOUR;

const deviceOf = (seed: string, at = START): VoucherDevice =>
  new VoucherDevice(at, {
    epochSeconds: DAY,
    period: PERIOD,
    perEpoch: 3,
    tokens: 30,
    restSeconds: 900,
    random: seeded(seed),
  });

/** Runs a device every so many seconds, and gives the times of what it sent. */
function live(device: VoucherDevice, { from = START, days = 7, every = HOUR }) {
  const issuances: number[] = [];
  const refills: number[] = [];
  for (let now = from; now < from + days * DAY; now += every) {
    const sent = device.run(now);
    for (let i = 0; i < sent.issuances; i++) issuances.push(now);
    for (let i = 0; i < sent.refills; i++) refills.push(now);
  }
  return { issuances, refills };
}

describe('the schedule of issuances', () => {
  test('is once a period, at a random time of the window before it', () => {
    const times = ['a', 'b', 'c', 'd'].map((seed) => live(deviceOf(seed), { days: 8 }).issuances);
    for (const [first, second, ...more] of times) {
      expect([first, more.length]).toEqual([START, 0]);
      const at = (second ?? 0) - EPOCH * DAY;
      expect(at).toBeGreaterThanOrEqual(5 * DAY);
      expect(at).toBeLessThanOrEqual(7 * DAY + HOUR);
    }
    expect(new Set(times.map(([, second]) => second)).size).toBe(4);
  });

  test('shows an account that is active every day five times in 28 days at most, its first day included', () => {
    for (const seed of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const device = deviceOf(seed);
      for (let day = 0; day < 28; day++) device.search(START + day * DAY + 43_200); // usage changes nothing
      const used = live(deviceOf(seed), { days: 28 }).issuances.length;
      expect(used).toBeLessThanOrEqual(5);
      expect(used).toBeGreaterThanOrEqual(4);
    }
  });

  test('does not depend on usage: a device that searches all day requests vouchers at the same times', () => {
    const times = [false, true].map((searches) => {
      const state = emptyVouchers(PERIOD, START);
      state.issuedThrough = EPOCH + 6;
      const plan = { epochSeconds: DAY, random: seeded('same') };
      const now = START + 5 * DAY;
      if (searches) {
        const own = { ...plan, random: seeded('other'), now, epoch: EPOCH + 5 };
        for (let i = 0; i < 20; i++) noteUse(state, i % 9, own);
      }
      return planIssuance(state, { ...plan, now, epoch: EPOCH + 5 });
    });
    expect(times[0]).toEqual(times[1]);
  });

  test('a new device in the window requests the current period at once and the next one at a random time', () => {
    const from = START + 5 * DAY;
    const { issuances } = live(deviceOf('new', from), { from, days: 3 });
    expect(issuances).toHaveLength(2);
    expect(issuances[0]).toBe(from);
  });

  test('a device that slept through the window requests what is left of the period when it runs', () => {
    const device = deviceOf('asleep');
    live(device, { days: 1 });
    expect(device.run(START + 9 * DAY).issuances).toBe(1);
    const epochs = new Set(device.state.held.map(({ epoch }) => epoch - EPOCH));
    expect([...epochs]).toEqual([9, 10, 11, 12, 13]);
  });

  test('a request without an answer is repeated once a day at a random time; within minutes by a wallet without vouchers', () => {
    const plan = { epochSeconds: DAY, now: START + 5 * DAY, epoch: EPOCH + 5, random: seeded('late') };
    const held = { epoch: EPOCH + 5, key: new Uint8Array(0), token: new Uint8Array(0) };
    const state: VoucherState = { ...emptyVouchers(PERIOD, START), issuedThrough: EPOCH + 6, held: [held] };
    postponeIssuance(state, EPOCH + 13, plan);
    expect(state.nextIssuance?.dueAt).toBeGreaterThanOrEqual((EPOCH + 6) * DAY);
    expect(state.nextIssuance?.dueAt).toBeLessThan((EPOCH + 7) * DAY);
    const bare = emptyVouchers(PERIOD, START);
    postponeIssuance(bare, EPOCH + 6, plan);
    expect((bare.nextIssuance?.dueAt ?? 0) - plan.now).toBeGreaterThanOrEqual(300);
    expect((bare.nextIssuance?.dueAt ?? 0) - plan.now).toBeLessThanOrEqual(900);
  });
});

describe('the schedule of refills', () => {
  test('is one a day, at a random time of the whole day, while the device is warm', () => {
    const device = deviceOf('daily');
    const hours = new Set<number>();
    for (let day = 0; day < 28; day++) {
      const from = START - HOUR + day * DAY;
      const { refills } = live(device, { from, days: 1, every: 600 });
      expect(refills).toHaveLength(1);
      for (const at of refills) hours.add(Math.floor((at - from) / HOUR));
      device.search(from + DAY - 1);
    }
    expect(hours.size).toBeGreaterThan(12);
    expect(Math.max(...hours)).toBeGreaterThan(18);
    expect(Math.min(...hours)).toBeLessThan(6);
  });

  test('stops after seven days without use, and begins again with a search', () => {
    const device = deviceOf('cold');
    const days = live(device, { days: 14, every: 600 }).refills.map((at) => Math.floor((at - START) / DAY));
    expect(Math.max(...days)).toBe(7);
    expect(device.search(START + 14 * DAY)).toEqual({ searched: false, refills: 1 });
    expect(device.search(START + 14 * DAY + 900)).toEqual({ searched: true, refills: 0 });
    expect(live(device, { from: START + 15 * DAY, days: 1 }).refills).toHaveLength(1);
  });

  test('with few rested tokens, one more follows after 15 to 60 minutes, three in a day at most', () => {
    const device = deviceOf('busy');
    device.run(START);
    let refills = 1;
    for (let now = START + 900; now < START + 20 * HOUR; now += 60) {
      refills += device.search(now).refills + device.run(now).refills;
    }
    expect(refills).toBe(3);
    expect(device.search(START + 20 * HOUR)).toEqual({ searched: false, refills: 0 });
    const state = { ...emptyVouchers(PERIOD, START) };
    const plan = { epochSeconds: DAY, now: START + 20 * HOUR, epoch: EPOCH, random: seeded('few') };
    noteUse(state, 8, plan);
    expect(state.schedule?.extraAt).toBeNull();
    noteUse(state, 7, plan);
    expect((state.schedule?.extraAt ?? 0) - plan.now).toBeGreaterThanOrEqual(900);
    expect((state.schedule?.extraAt ?? 0) - plan.now).toBeLessThanOrEqual(3600);
  });

  test('by consent a new device searches at once; without it after the rest', () => {
    const [quick, slow] = [deviceOf('quick'), deviceOf('slow')];
    for (const device of [quick, slow]) device.run(START);
    expect(quick.search(START, true)).toEqual({ searched: true, refills: 0 });
    expect(slow.search(START + 899).searched).toBe(false);
    expect(slow.search(START + 900).searched).toBe(true);
  });

  test('an empty wallet refills at once, but once in an epoch: a pack that does not verify changes nothing', () => {
    const plan = { epochSeconds: DAY, now: START, epoch: EPOCH, random: seeded('empty') };
    const state = emptyVouchers(PERIOD, START);
    state.held = [1, 2, 3].map(() => ({ epoch: EPOCH, key: new Uint8Array(0), token: new Uint8Array(0) }));
    expect(nextRefill(state, true, plan)).toBe(START);
    state.schedule = { epoch: EPOCH, dueAt: null, extraAt: null, began: true };
    expect(nextRefill(state, true, plan)).toBeNull();
  });
});
