import { expect, test, vi, onTestFinished } from 'vitest';
import { systemClock } from '../src/node/index.ts';

test('a deadline aborts after its time, and never once it is stopped', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const [kept, stopped] = [systemClock.deadline(1000), systemClock.deadline(1000)];
  stopped.stop?.();
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(999);
  expect(kept.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect([kept.aborted, stopped.aborted]).toEqual([true, false]);
  expect(vi.getTimerCount()).toBe(0);
});
