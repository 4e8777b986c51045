import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { ownClock } from '../cpu-clock.ts';
import { costOf } from '../turns.ts';
import { turnsOf, type Turn } from './turns.ts';

const SIZES = [1, 2, 4]; // isolates
const ROUNDS = 9;
const WARM = 20_000; // searches, in each isolate
const SEARCHES = 10_000; // in a turn, in each isolate

/** The same searches in each of several isolates of one process at once: CPU time and wall time per search. */
export async function* isolateTurns(): AsyncGenerator<Turn> {
  const file = path.join(import.meta.dirname, 'search-thread.ts');
  const threads = Array.from(
    { length: Math.max(...SIZES) },
    () => new Worker(file, { workerData: { warm: WARM } }),
  );
  const ready = (some: readonly Worker[]): Promise<unknown> =>
    Promise.all(some.map((thread) => once(thread, 'message')));
  try {
    await ready(threads);
    for (const size of turnsOf(SIZES, ROUNDS)) {
      const some = threads.slice(0, size);
      const { cpu, wall } = await costOf(ownClock, () => {
        for (const thread of some) thread.postMessage(SEARCHES);
        return ready(some);
      });
      const searches = size * SEARCHES;
      yield {
        size,
        costs: {
          'growth.isolates': cpu / searches,
          'growth.isolates.throughput': wall / searches,
        },
      };
    }
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}
