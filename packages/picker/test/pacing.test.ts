import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { APART_MS, IDLE_MS, Pacer } from '../src/pacing.ts';

let asked: { query: string; at: number }[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
});
afterEach(() => {
  vi.useRealTimers();
});

function pacer(): Pacer {
  return new Pacer({
    now: () => Date.now(),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    ask: (query) => asked.push({ query, at: Date.now() }),
  });
}
const queries = (): string[] => asked.map(({ query }) => query);

/** Types a word, a key each `ms`. */
function type(p: Pacer, word: string, ms: number): void {
  for (let i = 1; i <= word.length; i++) {
    p.typed(word.slice(0, i));
    vi.advanceTimersByTime(ms);
  }
}

test('L4 while somebody types, nothing is asked; after a pause of 600 ms, once', () => {
  const p = pacer();
  type(p, 'happy cat', IDLE_MS - 1);
  expect(queries()).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(queries()).toEqual(['happy cat']);
});

test('L4 a single character is asked on submit alone', () => {
  const p = pacer();
  p.typed('h');
  vi.advanceTimersByTime(60_000);
  expect(queries()).toEqual([]);
  p.submitted('h');
  expect(queries()).toEqual(['h']);
});

test('L4 what is typed on after a pause is not asked at the next pause already', () => {
  const p = pacer();
  p.typed('hap');
  vi.advanceTimersByTime(IDLE_MS);
  p.typed('happy');
  vi.advanceTimersByTime(APART_MS - 1);
  expect(queries()).toEqual(['hap']);
  vi.advanceTimersByTime(1);
  expect(queries()).toEqual(['hap', 'happy']);
});

test('two submits of one word and a longer one are asked at once: both are the user’s act', () => {
  const p = pacer();
  p.submitted('cat');
  p.submitted('cats');
  expect(queries()).toEqual(['cat', 'cats']);
});

test('clearing the box takes back what waited', () => {
  const p = pacer();
  p.typed('cat');
  p.typed('');
  vi.advanceTimersByTime(60_000);
  expect(queries()).toEqual([]);
});

test('L4 however keys fall, two requests of which one begins with the other are apart, or both submitted', () => {
  const step = fc.record({
    word: fc.constantFrom('c', 'ca', 'cat', 'cats', 'cat f', 'do', 'dog'),
    wait: fc.integer({ min: 0, max: 4000 }),
    submit: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      vi.clearAllTimers();
      asked = [];
      const submits = new Set<number>();
      const p = pacer();
      for (const { word, wait, submit } of steps) {
        if (submit) submits.add(asked.length);
        if (submit) p.submitted(word);
        else {
          submits.delete(asked.length);
          p.typed(word);
        }
        vi.advanceTimersByTime(wait);
      }
      const tooNear = asked.filter(({ query, at }, i) => {
        const before = asked[i - 1];
        if (before === undefined || (submits.has(i - 1) && submits.has(i))) return false;
        const adjacent = query.startsWith(before.query) || before.query.startsWith(query);
        return adjacent && at - before.at < APART_MS;
      });
      expect(tooNear).toEqual([]);
    }),
  );
});
