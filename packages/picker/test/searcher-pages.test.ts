import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Bench, IDLE_MS, MINUTE_MS, settle, sticker } from './bench.ts';

let bench: Bench;

beforeEach(() => {
  vi.useFakeTimers();
  bench = new Bench();
});
afterEach(() => {
  vi.useRealTimers();
});

test('more pages come by cursor, when asked for', async () => {
  bench.answer = async (query, { cursor }) =>
    cursor === undefined
      ? { results: [sticker(`${query} 1`)], next: 'page 2' }
      : { results: [sticker(`${query} ${cursor}`)], next: null };
  await bench.searcher.typed('cat');
  bench.searcher.submitted();
  await settle();
  expect(bench.asked).toHaveLength(1);
  await bench.searcher.more();
  expect(bench.ids()).toEqual(['cat 1', 'cat page 2']);
  await bench.searcher.more();
  expect(bench.asked).toHaveLength(2);
});

test('a page that failed is asked for again as the same attempt, and says whose stickers stay', async () => {
  const attempts: unknown[] = [];
  bench.client.retrySearch = async (attempt) => {
    attempts.push(attempt);
    return { results: [sticker('cat page 2')], next: null };
  };
  bench.answer = async (_query, { cursor }) => {
    if (cursor === undefined) return { results: [sticker('cat 1')], next: 'page 2' };
    throw Object.assign(new Error('down'), { code: 'relay-unreachable', attempt: { id: '7' } });
  };
  await bench.searcher.typed('cat');
  bench.searcher.submitted();
  await settle();
  await bench.searcher.more();
  expect(bench.last()).toMatchObject({ from: 'network', problem: 'relay', busy: false });
  expect(bench.searcher.submitted()).toBe(true);
  await settle();
  expect(attempts).toEqual([{ id: '7' }]);
  expect(bench.ids()).toEqual(['cat 1', 'cat page 2']);
  expect(bench.last()).toMatchObject({ problem: null, busy: false });
  expect(bench.asked).toHaveLength(2);
});

test('a picker taken out while it waits for its turn does not say for ever that it asks', async () => {
  await bench.searcher.typed('cat');
  await vi.advanceTimersByTimeAsync(IDLE_MS);
  await bench.searcher.typed('cats');
  bench.searcher.submitted(); // within two seconds of 'cat': it waits
  expect(bench.last()).toMatchObject({ busy: true });
  bench.searcher.stop();
  expect(bench.searcher.outcome).toMatchObject({ busy: false });
  expect(bench.searcher.submitted()).toBe(true);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(bench.ids()).toEqual(['network cats']);
});

test('when it will be better is told, where it is known', async () => {
  bench.answer = async () => {
    throw Object.assign(new Error('resting'), { code: 'tokens-resting', until: 900 });
  };
  await bench.searcher.typed('cat');
  bench.searcher.submitted();
  await settle();
  expect(bench.last()).toMatchObject({ problem: 'resting', until: 900 });
});
