import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { summary } from './measure.ts';
import type { Figure, Measured } from './row.ts';
import { untilSteady } from './starts.ts';
import { startBenchWorker } from './workerd.ts';

type Who = 'ours' | 'noble';

/** The first batch that a fresh isolate signs, measured in turns. */
export async function coldFigures(): Promise<{ runtime: Figure['runtime']; figure: Measured }[]> {
  const runtimes = [
    { runtime: 'node', once: inThread },
    { runtime: 'workerd', once: inWorkerd },
  ] as const;
  const figures = await untilSteady(
    runtimes.map(({ once }) => async () => [
      ['issuer.cold', summary([[await once('ours'), await once('noble')]])],
    ]),
  );
  return runtimes.flatMap(({ runtime }, i) => (figures[i] ?? []).map(([, figure]) => ({ runtime, figure })));
}

function inThread(who: Who): Promise<number> {
  const worker = new Worker(path.join(import.meta.dirname, 'cold-thread.ts'), { workerData: who });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

async function inWorkerd(who: Who): Promise<number> {
  const worker = await startBenchWorker('cold-worker.ts');
  const began = worker.clock();
  await (await fetch(`${worker.url}/?who=${who}`)).json();
  const microseconds = worker.clock() - began;
  await worker.stop();
  return microseconds;
}
