import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Page, Sticker } from '../src/types.ts';
import { Bench, IDLE_MS, MINUTE_MS, onDevice, settle, sticker } from './bench.ts';

let bench: Bench;

beforeEach(() => {
  vi.useFakeTimers();
  bench = new Bench();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('on the device', () => {
  test('every key is answered, and the network is never asked', async () => {
    bench.mode = 'device';
    for (const text of ['c', 'ca', 'cat']) await bench.searcher.typed(text);
    bench.searcher.submitted();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(bench.ids()).toEqual(['device cat']);
    expect(bench.last()).toMatchObject({ from: 'device', final: true, problem: null });
    expect(bench.asked).toEqual([]);
  });

  test('an engine that fails is told, and asked again on demand', async () => {
    bench.mode = 'device';
    bench.device = { ...onDevice, search: () => Promise.reject(new Error('offline')) };
    await bench.searcher.typed('cat');
    expect(bench.last()).toMatchObject({ stickers: [], problem: 'other', final: true });
    bench.device = onDevice;
    expect(bench.searcher.submitted()).toBe(true);
    await settle();
    expect(bench.ids()).toEqual(['device cat']);
  });

  test('an engine that is not there is told', async () => {
    bench.mode = 'device';
    bench.device = null;
    await bench.searcher.typed('cat');
    expect(bench.last()).toMatchObject({ stickers: [], problem: 'missing' });
  });
});

describe('over the network', () => {
  test('suggestions come from the device at once, the answer after a pause', async () => {
    await bench.searcher.typed('cat');
    expect(bench.ids()).toEqual(['device cat']);
    expect(bench.last()).toMatchObject({ from: 'device', final: false, busy: false });
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    expect(bench.ids()).toEqual(['network cat']);
    expect(bench.last()).toMatchObject({ from: 'network', final: true });
  });

  test('L4 nothing is asked while somebody types', async () => {
    for (const text of ['ha', 'hap', 'happ', 'happy']) {
      await bench.searcher.typed(text);
      await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
    }
    expect(bench.asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(bench.asked.map(({ query }) => query)).toEqual(['happy']);
  });

  test('a word left and come back to while it is asked for is answered', async () => {
    const late = Promise.withResolvers<Page>();
    bench.answer = () => late.promise;
    await bench.searcher.typed('cat');
    bench.searcher.submitted();
    await bench.searcher.typed('dog');
    await bench.searcher.typed('cat');
    late.resolve({ results: [sticker('network cat')], next: null });
    await settle();
    expect(bench.ids()).toEqual(['network cat']);
    expect(bench.asked).toHaveLength(1);
  });

  test('another locale makes the same words another question', async () => {
    await bench.searcher.typed('cat');
    bench.searcher.submitted();
    await settle();
    await bench.searcher.again(true);
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    expect(bench.asked.map(({ query }) => query)).toEqual(['cat', 'cat']);
  });

  test('Enter before the device has answered asks; its suggestions come when they come', async () => {
    const slow = Promise.withResolvers<Sticker[]>();
    const later = Promise.withResolvers<Page>();
    bench.device = { ...onDevice, search: () => slow.promise };
    bench.answer = () => later.promise;
    void bench.searcher.typed('cat');
    expect(bench.searcher.submitted()).toBe(true);
    expect(bench.asked.map(({ query }) => query)).toEqual(['cat']);
    slow.resolve([sticker('device cat')]);
    await settle();
    expect(bench.ids()).toEqual(['device cat']);
    expect(bench.last()).toMatchObject({ busy: true });
    later.resolve({ results: [sticker('network cat')], next: null });
    await settle();
    expect(bench.ids()).toEqual(['network cat']);
  });

  test('L12 the network is told no locale that the device is told', async () => {
    await bench.searcher.typed('cat');
    bench.searcher.submitted();
    await settle();
    expect(bench.asked).toEqual([{ query: 'cat', options: {} }]);
  });

  test('an answer that comes after the next word was typed is not shown', async () => {
    const late = Promise.withResolvers<Page>();
    bench.answer = () => late.promise;
    await bench.searcher.typed('cat');
    bench.searcher.submitted();
    await bench.searcher.typed('dog');
    late.resolve({ results: [sticker('network cat')], next: null });
    await settle();
    expect(bench.ids()).toEqual(['device dog']);
  });

  test('going back to a word that was answered asks nothing', async () => {
    await bench.searcher.typed('cat');
    bench.searcher.submitted();
    await settle();
    await bench.searcher.typed('dog');
    await bench.searcher.typed('cat');
    expect(bench.ids()).toEqual(['network cat']);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(bench.asked.map(({ query }) => query)).toEqual(['cat']);
  });

  test('L15 a failure leaves the device’s suggestions and asks nobody else', async () => {
    bench.answer = async () => {
      throw Object.assign(new Error('down'), { code: 'relay-unreachable' });
    };
    await bench.searcher.typed('cat');
    bench.searcher.submitted();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(bench.ids()).toEqual(['device cat']);
    expect(bench.last()).toMatchObject({ busy: false, final: true, problem: 'relay' });
    expect(bench.asked).toHaveLength(1);
  });

  test('asking again after a failure is the user’s act, and works', async () => {
    const up = bench.answer;
    bench.answer = async () => {
      throw new Error('down');
    };
    await bench.searcher.typed('cat');
    bench.searcher.submitted();
    await settle();
    bench.answer = up;
    expect(bench.searcher.submitted()).toBe(true);
    await settle();
    expect(bench.ids()).toEqual(['network cat']);
  });

  test('what can be repeated is repeated as the same attempt, once', async () => {
    const attempts: unknown[] = [];
    bench.client.retrySearch = async (attempt) => {
      attempts.push(attempt);
      throw new Error('down');
    };
    bench.answer = async () => {
      throw Object.assign(new Error('down'), { code: 'relay-unreachable', attempt: { id: '1' } });
    };
    await bench.searcher.typed('cat');
    for (let i = 0; i < 3; i++) {
      bench.searcher.submitted();
      await settle();
    }
    expect(attempts).toEqual([{ id: '1' }]);
    expect(bench.asked).toHaveLength(2);
  });

  test('L6 a token that has not rested is spent by consent alone', async () => {
    bench.answer = async () => {
      throw Object.assign(new Error('resting'), { code: 'tokens-resting' });
    };
    await bench.searcher.typed('cat');
    bench.searcher.submitted();
    await settle();
    expect(bench.last()).toMatchObject({ problem: 'resting', from: 'device' });
    bench.searcher.submitted(true);
    await settle();
    bench.searcher.submitted();
    await settle();
    expect(bench.asked.map(({ options }) => options)).toEqual([{}, { allowFresh: true }, {}]);
  });

  test('submitting what was answered asks nothing', async () => {
    await bench.searcher.typed('cat');
    bench.searcher.submitted();
    await settle();
    expect(bench.searcher.submitted()).toBe(false);
    expect(bench.asked).toHaveLength(1);
  });

  test('without the device, the network alone is shown', async () => {
    bench.device = null;
    await bench.searcher.typed('cat');
    expect(bench.last()).toMatchObject({ stickers: [], final: false });
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    expect(bench.ids()).toEqual(['network cat']);
  });

  test('an empty box is no search', async () => {
    await bench.searcher.typed('cat');
    await bench.searcher.typed('  ');
    expect(bench.last()).toBeNull();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(bench.asked).toEqual([]);
  });
});
