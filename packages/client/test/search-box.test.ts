import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { searchBox, type SearchBox } from '../src/search-box.ts';

interface Asked {
  readonly query: string;
  readonly at: number;
}

function box(more: { perMinute?: number; fail?: boolean } = {}): { box: SearchBox; asked: Asked[] } {
  const asked: Asked[] = [];
  const made = searchBox({
    search: async (query) => {
      asked.push({ query, at: performance.now() });
      if (more.fail === true) throw new Error('down');
    },
    now: () => performance.now(),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    ...(more.perMinute !== undefined && { perMinute: more.perMinute }),
  });
  return { box: made, asked };
}

const type = (to: SearchBox, word: string, gap: number): void => {
  for (let i = 1; i <= word.length; i++) {
    to.typed(word.slice(0, i));
    vi.advanceTimersByTime(gap);
  }
};

describe('L4 search box', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  test('sends nothing while keys are pressed, and one request after a pause of 600 ms', () => {
    const { box: to, asked } = box();
    type(to, 'happy cat', 100);
    expect(asked).toEqual([]);
    vi.advanceTimersByTime(499);
    expect(asked).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(asked.map(({ query }) => query)).toEqual(['happy cat']);
  });

  test('idleMs below 600 is raised to 600', () => {
    const asked: string[] = [];
    const to = searchBox({
      search: async (query) => void asked.push(query),
      now: () => performance.now(),
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      idleMs: 1,
    });
    to.typed('cat');
    vi.advanceTimersByTime(599);
    expect(asked).toEqual([]);
  });

  test('one character is sent only on submit', () => {
    const { box: to, asked } = box();
    to.typed('c');
    vi.advanceTimersByTime(10_000);
    expect(asked).toEqual([]);
    to.submitted('猫');
    expect(asked.map(({ query }) => query)).toEqual(['猫']);
  });

  test('submit sends at once, and the same query again only after a failure', async () => {
    const { box: to, asked } = box();
    to.submitted('cat');
    to.typed('cat');
    to.submitted('cat');
    vi.advanceTimersByTime(10_000);
    expect(asked).toHaveLength(1);

    const failing = box({ fail: true });
    failing.box.submitted('cat');
    await Promise.resolve();
    await Promise.resolve();
    failing.box.submitted('cat');
    expect(failing.asked).toHaveLength(2);
  });

  test('queries of which one is a prefix of the other are two seconds apart, unless both were submitted', () => {
    const { box: to, asked } = box();
    to.typed('happy');
    vi.advanceTimersByTime(600);
    to.submitted('happy cat');
    expect(asked).toHaveLength(1);
    vi.advanceTimersByTime(1999);
    expect(asked).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(asked.map(({ query }) => query)).toEqual(['happy', 'happy cat']);
    to.submitted('Happy');
    expect(asked).toHaveLength(3);
  });

  test('no more than perMinute requests in 60 s, and the latest query waits', () => {
    const { box: to, asked } = box({ perMinute: 3 });
    for (const query of ['ant', 'bee', 'cow', 'dog', 'elk']) to.submitted(query);
    expect(asked).toHaveLength(3);
    vi.advanceTimersByTime(59_999);
    expect(asked).toHaveLength(3);
    vi.advanceTimersByTime(1);
    expect(asked.map(({ query }) => query)).toEqual(['ant', 'bee', 'cow', 'elk']);
  });

  test('sends nothing after stop', () => {
    const { box: to, asked } = box();
    to.typed('cat');
    to.stop();
    vi.advanceTimersByTime(10_000);
    expect(asked).toEqual([]);
  });

  test('any typing pattern: requests are never closer than the rules allow', () => {
    const act = fc.record({
      text: fc.constantFrom('h', 'ha', 'hap', 'happ', 'happy', 'happy c', 'happy cat', 'cat', 'ca', ''),
      submit: fc.boolean(),
      pause: fc.integer({ min: 0, max: 3000 }),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const { box: to, asked } = box({ perMinute: 5 });
        const submitted = new Set<number>();
        for (const { text, submit, pause } of acts) {
          const before = asked.length;
          if (submit) to.submitted(text);
          else to.typed(text);
          vi.advanceTimersByTime(pause);
          if (submit && asked.length > before) submitted.add(before); // the last event decides what is sent
        }
        to.stop();
        const gaps = asked.slice(1).map(({ query, at }, i) => {
          const before = asked.slice(i, i + 1);
          const near = before.some((one) => one.query.startsWith(query) || query.startsWith(one.query));
          const both = submitted.has(i) && submitted.has(i + 1);
          return near && !both ? Math.min(...before.map((one) => at - one.at)) : Infinity;
        });
        expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2000);
        const sixth = asked.slice(5).map(({ at }, i) => at - (asked.at(i)?.at ?? 0));
        expect(Math.min(...sixth)).toBeGreaterThanOrEqual(60_000);
      }),
    );
  });
});
