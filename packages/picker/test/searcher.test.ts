import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Searcher, type Outcome } from '../src/searcher.ts';
import type { Device, Mode, Page, SearchClient, SearchOptions, Sticker } from '../src/types.ts';

const sticker = (id: string): Sticker => ({ id, name: id, emoji: '🐱', pack: 'core' });
const onDevice: Device = { search: (query) => [sticker(`device ${query}`)], art: () => null };

const IDLE_MS = 600;
const MINUTE_MS = 60_000;

let mode: Mode = 'network';
let device: Device | null = onDevice;
let asked: { query: string; options: SearchOptions }[] = [];
let answer: (query: string, options: SearchOptions) => Promise<Page>;
let shown: (Outcome | null)[] = [];
let searcher: Searcher;

const client: { -readonly [key in keyof SearchClient]: SearchClient[key] } = {
  search: async (query, options) => {
    asked.push({ query, options });
    return answer(query, options);
  },
};
const last = (): Outcome | null => shown.at(-1) ?? null;
const ids = (): string[] | undefined => last()?.stickers.map(({ id }) => id);
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  mode = 'network';
  device = onDevice;
  asked = [];
  shown = [];
  answer = async (query) => ({ results: [sticker(`network ${query}`)], next: null });
  searcher = new Searcher({
    now: () => Date.now(),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    device: () => device,
    client: () => client,
    mode: () => mode,
    options: (way) => (way === 'device' ? { locale: 'ar' } : {}),
    show: (outcome) => shown.push(outcome),
  });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('on the device', () => {
  test('every key is answered, and the network is never asked', async () => {
    mode = 'device';
    for (const text of ['c', 'ca', 'cat']) await searcher.typed(text);
    searcher.submitted();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(ids()).toEqual(['device cat']);
    expect(last()).toMatchObject({ from: 'device', final: true, problem: null });
    expect(asked).toEqual([]);
  });

  test('an engine that fails is told, and asked again on demand', async () => {
    mode = 'device';
    device = { ...onDevice, search: () => Promise.reject(new Error('offline')) };
    await searcher.typed('cat');
    expect(last()).toMatchObject({ stickers: [], problem: 'other', final: true });
    device = onDevice;
    expect(searcher.submitted()).toBe(true);
    await settle();
    expect(ids()).toEqual(['device cat']);
  });

  test('an engine that is not there is told', async () => {
    mode = 'device';
    device = null;
    await searcher.typed('cat');
    expect(last()).toMatchObject({ stickers: [], problem: 'missing' });
  });
});

describe('over the network', () => {
  test('suggestions come from the device at once, the answer after a pause', async () => {
    await searcher.typed('cat');
    expect(ids()).toEqual(['device cat']);
    expect(last()).toMatchObject({ from: 'device', final: false, busy: false });
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    expect(ids()).toEqual(['network cat']);
    expect(last()).toMatchObject({ from: 'network', final: true });
  });

  test('L4 nothing is asked while somebody types', async () => {
    for (const text of ['ha', 'hap', 'happ', 'happy']) {
      await searcher.typed(text);
      await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
    }
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked.map(({ query }) => query)).toEqual(['happy']);
  });

  test('a word left and come back to while it is asked for is answered', async () => {
    const late = Promise.withResolvers<Page>();
    answer = () => late.promise;
    await searcher.typed('cat');
    searcher.submitted();
    await searcher.typed('dog');
    await searcher.typed('cat');
    late.resolve({ results: [sticker('network cat')], next: null });
    await settle();
    expect(ids()).toEqual(['network cat']);
    expect(asked).toHaveLength(1);
  });

  test('another locale makes the same words another question', async () => {
    await searcher.typed('cat');
    searcher.submitted();
    await settle();
    await searcher.again(true);
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    expect(asked.map(({ query }) => query)).toEqual(['cat', 'cat']);
  });

  test('Enter before the device has answered asks; its suggestions come when they come', async () => {
    const slow = Promise.withResolvers<Sticker[]>();
    const later = Promise.withResolvers<Page>();
    device = { ...onDevice, search: () => slow.promise };
    answer = () => later.promise;
    void searcher.typed('cat');
    expect(searcher.submitted()).toBe(true);
    expect(asked.map(({ query }) => query)).toEqual(['cat']);
    slow.resolve([sticker('device cat')]);
    await settle();
    expect(ids()).toEqual(['device cat']);
    expect(last()).toMatchObject({ busy: true });
    later.resolve({ results: [sticker('network cat')], next: null });
    await settle();
    expect(ids()).toEqual(['network cat']);
  });

  test('L12 the network is told no locale that the device is told', async () => {
    await searcher.typed('cat');
    searcher.submitted();
    await settle();
    expect(asked).toEqual([{ query: 'cat', options: {} }]);
  });

  test('an answer that comes after the next word was typed is not shown', async () => {
    const late = Promise.withResolvers<Page>();
    answer = () => late.promise;
    await searcher.typed('cat');
    searcher.submitted();
    await searcher.typed('dog');
    late.resolve({ results: [sticker('network cat')], next: null });
    await settle();
    expect(ids()).toEqual(['device dog']);
  });

  test('going back to a word that was answered asks nothing', async () => {
    await searcher.typed('cat');
    searcher.submitted();
    await settle();
    await searcher.typed('dog');
    await searcher.typed('cat');
    expect(ids()).toEqual(['network cat']);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(asked.map(({ query }) => query)).toEqual(['cat']);
  });

  test('L15 a failure leaves the device’s suggestions and asks nobody else', async () => {
    answer = async () => {
      throw Object.assign(new Error('down'), { code: 'relay-unreachable' });
    };
    await searcher.typed('cat');
    searcher.submitted();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(ids()).toEqual(['device cat']);
    expect(last()).toMatchObject({ busy: false, final: true, problem: 'relay' });
    expect(asked).toHaveLength(1);
  });

  test('asking again after a failure is the user’s act, and works', async () => {
    const down = answer;
    answer = async () => {
      throw new Error('down');
    };
    await searcher.typed('cat');
    searcher.submitted();
    await settle();
    answer = down;
    expect(searcher.submitted()).toBe(true);
    await settle();
    expect(ids()).toEqual(['network cat']);
  });

  test('what can be repeated is repeated as the same attempt, once', async () => {
    const attempts: unknown[] = [];
    client.retrySearch = async (attempt) => {
      attempts.push(attempt);
      throw new Error('down');
    };
    answer = async () => {
      throw Object.assign(new Error('down'), { code: 'relay-unreachable', attempt: { id: '1' } });
    };
    await searcher.typed('cat');
    for (let i = 0; i < 3; i++) {
      searcher.submitted();
      await settle();
    }
    expect(attempts).toEqual([{ id: '1' }]);
    expect(asked).toHaveLength(2);
    delete client.retrySearch;
  });

  test('L6 a token that has not rested is spent by consent alone', async () => {
    answer = async () => {
      throw Object.assign(new Error('resting'), { code: 'tokens-resting' });
    };
    await searcher.typed('cat');
    searcher.submitted();
    await settle();
    expect(last()).toMatchObject({ problem: 'resting', from: 'device' });
    searcher.submitted(true);
    await settle();
    searcher.submitted();
    await settle();
    expect(asked.map(({ options }) => options)).toEqual([{}, { allowFresh: true }, {}]);
  });

  test('submitting what was answered asks nothing', async () => {
    await searcher.typed('cat');
    searcher.submitted();
    await settle();
    expect(searcher.submitted()).toBe(false);
    expect(asked).toHaveLength(1);
  });

  test('without the device, the network alone is shown', async () => {
    device = null;
    await searcher.typed('cat');
    expect(last()).toMatchObject({ stickers: [], final: false });
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    expect(ids()).toEqual(['network cat']);
  });

  test('an empty box is no search', async () => {
    await searcher.typed('cat');
    await searcher.typed('  ');
    expect(last()).toBeNull();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(asked).toEqual([]);
  });
});
