import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { summary } from './measure.ts';
import type { Figure, Measured } from './row.ts';
import { startBenchWorker } from './workerd.ts';

const ROUNDS = 5;
type Who = 'ours' | 'noble';

/** The first batch that a fresh isolate signs, measured in turns. */
export async function coldFigures(): Promise<{ runtime: Figure['runtime']; figure: Measured }[]> {
  return [
    { runtime: 'node', figure: await turns(inThread) },
    { runtime: 'workerd', figure: await turns(inWorkerd) },
  ];
}

async function turns(once: (who: Who) => Promise<number>): Promise<Measured> {
  const rounds: number[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push([await once('ours'), await once('noble')]);
  }
  return summary(rounds);
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
