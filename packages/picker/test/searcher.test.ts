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

describe('searcher in device mode', () => {
  test('searches on every keystroke and never sends to the network', async () => {
    bench.mode = 'device';
    for (const text of ['c', 'ca', 'cat']) await bench.searcher.type(text);
    bench.searcher.submit();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(bench.ids()).toEqual(['device cat']);
    expect(bench.last()).toMatchObject({ from: 'device', final: true, problem: null });
    expect(bench.requests).toEqual([]);
  });

  test('reports an engine that fails, and searches again on request', async () => {
    bench.mode = 'device';
    bench.device = { ...onDevice, search: () => Promise.reject(new Error('offline')) };
    await bench.searcher.type('cat');
    expect(bench.last()).toMatchObject({ stickers: [], problem: 'other', final: true });
    bench.device = onDevice;
    expect(bench.searcher.submit()).toBe(true);
    await settle();
    expect(bench.ids()).toEqual(['device cat']);
  });

  test('reports a missing engine', async () => {
    bench.mode = 'device';
    bench.device = null;
    await bench.searcher.type('cat');
    expect(bench.last()).toMatchObject({ stickers: [], problem: 'missing' });
  });
});

describe('searcher with stickers of the page', () => {
  beforeEach(() => {
    bench.local = [sticker('my cat'), sticker('my dog')];
  });

  test('shows them before the results of the device and of the network, and once', async () => {
    await bench.searcher.type('cat');
    expect(bench.ids()).toEqual(['my cat', 'device cat']);
    bench.searcher.submit();
    await settle();
    expect(bench.ids()).toEqual(['my cat', 'network cat']);
    await bench.searcher.type('dog');
    await bench.searcher.type('cat');
    expect(bench.ids()).toEqual(['my cat', 'network cat']);
  });

  test('shows them without a device, and while the network fails', async () => {
    bench.device = null;
    bench.respond = () => Promise.reject(new Error('down'));
    await bench.searcher.type('cat');
    bench.searcher.submit();
    await settle();
    expect(bench.ids()).toEqual(['my cat']);
    bench.mode = 'device';
    await bench.searcher.restart();
    expect(bench.last()).toMatchObject({ final: true, problem: null });
    expect(bench.ids()).toEqual(['my cat']);
  });
});

describe('searcher in network mode', () => {
  test('shows suggestions from the device at once and the response after a pause', async () => {
    await bench.searcher.type('cat');
    expect(bench.ids()).toEqual(['device cat']);
    expect(bench.last()).toMatchObject({ from: 'device', final: false, busy: false });
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    expect(bench.ids()).toEqual(['network cat']);
    expect(bench.last()).toMatchObject({ from: 'network', final: true });
  });

  test('L4 sends nothing while somebody types', async () => {
    for (const text of ['ha', 'hap', 'happ', 'happy']) {
      await bench.searcher.type(text);
      await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
    }
    expect(bench.requests).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(bench.requests.map(({ query }) => query)).toEqual(['happy']);
  });

  test('shows the response when the person returns to a query in flight', async () => {
    const late = Promise.withResolvers<Page>();
    bench.respond = () => late.promise;
    await bench.searcher.type('cat');
    bench.searcher.submit();
    await bench.searcher.type('dog');
    await bench.searcher.type('cat');
    late.resolve({ results: [sticker('network cat')], next: null });
    await settle();
    expect(bench.ids()).toEqual(['network cat']);
    expect(bench.requests).toHaveLength(1);
  });

  test('searches the same query again after a change of locale', async () => {
    await bench.searcher.type('cat');
    bench.searcher.submit();
    await settle();
    await bench.searcher.restart(true);
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    expect(bench.requests.map(({ query }) => query)).toEqual(['cat', 'cat']);
  });

  test('searches on Enter before the device has responded, and shows the suggestions later', async () => {
    const slow = Promise.withResolvers<Sticker[]>();
    const later = Promise.withResolvers<Page>();
    bench.device = { ...onDevice, search: () => slow.promise };
    bench.respond = () => later.promise;
    void bench.searcher.type('cat');
    expect(bench.searcher.submit()).toBe(true);
    expect(bench.requests.map(({ query }) => query)).toEqual(['cat']);
    slow.resolve([sticker('device cat')]);
    await settle();
    expect(bench.ids()).toEqual(['device cat']);
    expect(bench.last()).toMatchObject({ busy: true });
    later.resolve({ results: [sticker('network cat')], next: null });
    await settle();
    expect(bench.ids()).toEqual(['network cat']);
  });

  test('L12 does not send the locale of the device to the network', async () => {
    await bench.searcher.type('cat');
    bench.searcher.submit();
    await settle();
    expect(bench.requests).toEqual([{ query: 'cat', options: {} }]);
  });

  test('drops a response that arrives after the query changed', async () => {
    const late = Promise.withResolvers<Page>();
    bench.respond = () => late.promise;
    await bench.searcher.type('cat');
    bench.searcher.submit();
    await bench.searcher.type('dog');
    late.resolve({ results: [sticker('network cat')], next: null });
    await settle();
    expect(bench.ids()).toEqual(['device dog']);
  });

  test('sends nothing for a query whose response is cached', async () => {
    await bench.searcher.type('cat');
    bench.searcher.submit();
    await settle();
    await bench.searcher.type('dog');
    await bench.searcher.type('cat');
    expect(bench.ids()).toEqual(['network cat']);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(bench.requests.map(({ query }) => query)).toEqual(['cat']);
  });

  test('L15 keeps the suggestions after a failure and sends nothing to another party', async () => {
    bench.respond = async () => {
      throw Object.assign(new Error('down'), { code: 'relay-unreachable' });
    };
    await bench.searcher.type('cat');
    bench.searcher.submit();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(bench.ids()).toEqual(['device cat']);
    expect(bench.last()).toMatchObject({ busy: false, final: true, problem: 'relay' });
    expect(bench.requests).toHaveLength(1);
  });

  test('searches again after a failure when the user asks to', async () => {
    const up = bench.respond;
    bench.respond = async () => {
      throw new Error('down');
    };
    await bench.searcher.type('cat');
    bench.searcher.submit();
    await settle();
    bench.respond = up;
    expect(bench.searcher.submit()).toBe(true);
    await settle();
    expect(bench.ids()).toEqual(['network cat']);
  });

  test('retries with the same attempt, once', async () => {
    const attempts: unknown[] = [];
    bench.client.retrySearch = async (attempt) => {
      attempts.push(attempt);
      throw new Error('down');
    };
    bench.respond = async () => {
      throw Object.assign(new Error('down'), { code: 'relay-unreachable', attempt: { id: '1' } });
    };
    await bench.searcher.type('cat');
    for (let i = 0; i < 3; i++) {
      bench.searcher.submit();
      await settle();
    }
    expect(attempts).toEqual([{ id: '1' }]);
    expect(bench.requests).toHaveLength(2);
  });

  test('L6 spends a token that has not rested only with consent', async () => {
    bench.respond = async () => {
      throw Object.assign(new Error('resting'), { code: 'tokens-resting' });
    };
    await bench.searcher.type('cat');
    bench.searcher.submit();
    await settle();
    expect(bench.last()).toMatchObject({ problem: 'resting', from: 'device' });
    bench.searcher.submit(true);
    await settle();
    bench.searcher.submit();
    await settle();
    expect(bench.requests.map(({ options }) => options)).toEqual([{}, { allowFresh: true }, {}]);
  });

  test('sends nothing for a query that has its response', async () => {
    await bench.searcher.type('cat');
    bench.searcher.submit();
    await settle();
    expect(bench.searcher.submit()).toBe(false);
    expect(bench.requests).toHaveLength(1);
  });

  test('shows only the network’s results without a device', async () => {
    bench.device = null;
    await bench.searcher.type('cat');
    expect(bench.last()).toMatchObject({ stickers: [], final: false });
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    expect(bench.ids()).toEqual(['network cat']);
  });

  test('does not search for an empty query', async () => {
    await bench.searcher.type('cat');
    await bench.searcher.type('  ');
    expect(bench.last()).toBeNull();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(bench.requests).toEqual([]);
  });
});
