import { afterEach, beforeEach, expect, test, vi } from 'vitest';
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

test('more pages come by cursor, when asked for', async () => {
  answer = async (query, { cursor }) =>
    cursor === undefined
      ? { results: [sticker(`${query} 1`)], next: 'page 2' }
      : { results: [sticker(`${query} ${cursor}`)], next: null };
  await searcher.typed('cat');
  searcher.submitted();
  await settle();
  expect(asked).toHaveLength(1);
  await searcher.more();
  expect(ids()).toEqual(['cat 1', 'cat page 2']);
  await searcher.more();
  expect(asked).toHaveLength(2);
});

test('a page that failed is asked for again as the same attempt, and says whose stickers stay', async () => {
  const attempts: unknown[] = [];
  client.retrySearch = async (attempt) => {
    attempts.push(attempt);
    return { results: [sticker('cat page 2')], next: null };
  };
  answer = async (_query, { cursor }) => {
    if (cursor === undefined) return { results: [sticker('cat 1')], next: 'page 2' };
    throw Object.assign(new Error('down'), { code: 'relay-unreachable', attempt: { id: '7' } });
  };
  await searcher.typed('cat');
  searcher.submitted();
  await settle();
  await searcher.more();
  expect(last()).toMatchObject({ from: 'network', problem: 'relay', busy: false });
  expect(searcher.submitted()).toBe(true);
  await settle();
  expect(attempts).toEqual([{ id: '7' }]);
  expect(ids()).toEqual(['cat 1', 'cat page 2']);
  expect(last()).toMatchObject({ problem: null, busy: false });
  expect(asked).toHaveLength(2);
  delete client.retrySearch;
});

test('a picker taken out while it waits for its turn does not say for ever that it asks', async () => {
  const down = answer;
  await searcher.typed('cat');
  await vi.advanceTimersByTimeAsync(IDLE_MS);
  answer = down;
  await searcher.typed('cats');
  searcher.submitted(); // within two seconds of 'cat': it waits
  expect(last()).toMatchObject({ busy: true });
  searcher.stop();
  expect(searcher.outcome).toMatchObject({ busy: false });
  expect(searcher.submitted()).toBe(true);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(ids()).toEqual(['network cats']);
});

test('when it will be better is told, where it is known', async () => {
  answer = async () => {
    throw Object.assign(new Error('resting'), { code: 'tokens-resting', until: 900 });
  };
  await searcher.typed('cat');
  searcher.submitted();
  await settle();
  expect(last()).toMatchObject({ problem: 'resting', until: 900 });
});
