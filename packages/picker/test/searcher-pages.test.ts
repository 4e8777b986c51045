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

test('searcher: fetches the next page by cursor on request', async () => {
  bench.respond = async (query, { cursor }) =>
    cursor === undefined
      ? { results: [sticker(`${query} 1`)], next: 'page 2' }
      : { results: [sticker(`${query} ${cursor}`)], next: null };
  await bench.searcher.type('cat');
  bench.searcher.submit();
  await settle();
  expect(bench.requests).toHaveLength(1);
  await bench.searcher.more();
  expect(bench.ids()).toEqual(['cat 1', 'cat page 2']);
  await bench.searcher.more();
  expect(bench.requests).toHaveLength(2);
});

test('searcher: retries a failed page as the same attempt and keeps the stickers shown', async () => {
  const attempts: unknown[] = [];
  bench.client.retrySearch = async (attempt) => {
    attempts.push(attempt);
    return { results: [sticker('cat page 2')], next: null };
  };
  bench.respond = async (_query, { cursor }) => {
    if (cursor === undefined) return { results: [sticker('cat 1')], next: 'page 2' };
    throw Object.assign(new Error('down'), { code: 'relay-unreachable', attempt: { id: '7' } });
  };
  await bench.searcher.type('cat');
  bench.searcher.submit();
  await settle();
  await bench.searcher.more();
  expect(bench.last()).toMatchObject({ from: 'network', problem: 'relay', busy: false });
  expect(bench.searcher.submit()).toBe(true);
  await settle();
  expect(attempts).toEqual([{ id: '7' }]);
  expect(bench.ids()).toEqual(['cat 1', 'cat page 2']);
  expect(bench.last()).toMatchObject({ problem: null, busy: false });
  expect(bench.requests).toHaveLength(2);
});

test('searcher: is not busy after it was stopped while a search waited for its turn', async () => {
  await bench.searcher.type('cat');
  await vi.advanceTimersByTimeAsync(IDLE_MS);
  await bench.searcher.type('cats');
  bench.searcher.submit(); // less than two seconds after 'cat', so it waits
  expect(bench.last()).toMatchObject({ busy: true });
  bench.searcher.stop();
  expect(bench.searcher.state).toMatchObject({ busy: false });
  expect(bench.searcher.submit()).toBe(true);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(bench.ids()).toEqual(['network cats']);
});

test('searcher: reports the time of an error that has one', async () => {
  bench.respond = async () => {
    throw Object.assign(new Error('resting'), { code: 'tokens-resting', until: 900 });
  };
  await bench.searcher.type('cat');
  bench.searcher.submit();
  await settle();
  expect(bench.last()).toMatchObject({ problem: 'resting', until: 900 });
});
