import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { measureIsolate, type Contestant, type NamedFigure } from './measure.ts';
import type { RowPlace } from './rows/all.ts';
import type { AboutRow } from './worker.ts';
import { startBenchWorker, STEADY_HEAP } from './workerd.ts';

const V8_CHOOSES = 0; // the size of the young generation

/** Measures a row in a new thread of Node. */
export function inNode(place: RowPlace): Promise<NamedFigure[]> {
  const { group, index, semiSpace } = place;
  fixSemiSpace(semiSpace ?? V8_CHOOSES);
  const thread = new Worker(path.join(import.meta.dirname, 'node-thread.ts'), {
    workerData: { group, index },
  });
  return new Promise((resolve, reject) => {
    let figures: NamedFigure[] | undefined;
    thread.once('message', (message: NamedFigure[]) => (figures = message));
    thread.once('error', reject);
    thread.once('exit', () => {
      fixSemiSpace(V8_CHOOSES);
      if (figures === undefined)
        reject(new Error(`bench: the thread of ${place.name} ended without figures`));
      else resolve(figures);
    });
  });
}

/** In the threads that begin from now on. */
export function fixSemiSpace(megabytes: number): void {
  for (const end of ['min', 'max']) setFlagsFromString(`--${end}-semi-space-size=${megabytes}`);
}

/** Measures a row in a new process of workerd. */
export async function inWorkerd({ group, index, name }: RowPlace): Promise<NamedFigure[]> {
  const worker = await startBenchWorker('worker.ts', STEADY_HEAP);
  const get = async (query: string): Promise<unknown> => {
    const response = await fetch(`${worker.url}/?${query}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`workerd: ${name}: ${query}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  try {
    const { contestants, isOneCall, cases } = (await get(`group=${group}&index=${index}`)) as AboutRow;
    return await measureIsolate(name, {
      contestants: Array.from({ length: contestants }, (_, who): Contestant => {
        return (times) => get(`who=${who}&times=${times}`);
      }),
      isOneCall,
      cases,
      runCase: (who, at, times) => get(`of=${who}&case=${at}&times=${times}`),
      clock: worker.clock,
      collectGarbage: () => get('gc=minor'),
    });
  } finally {
    await worker.stop();
  }
}
