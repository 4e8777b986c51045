import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { flags, numberOf } from '../support/flags.ts';
import type { Outcome } from './run.ts';
import { allTargets } from './targets.ts';
import type { WorkerData } from './worker.ts';

const USAGE = `Usage: npm run fuzz -- [--runs N] [--seed N] [--only PATTERN]

Runs mutated input through every decoder: 1,000,000 runs each, seed 1, unless told. Exit status: 0 no fault, 1 a crash,
a hang, a large allocation, or a difference from another implementation.`;
const STUCK = 60_000; // milliseconds without a new run
const START = 600_000; // milliseconds until the first run, while the thread loads its modules
const MAX_INPUT = 8192; // bytes
const NOT_STARTED = -1;

const values = flags(USAGE, { runs: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } });
const runs = numberOf('runs', values.runs ?? '1000000');
const seed = numberOf('seed', values.seed ?? '1');
const only = new RegExp(values.only ?? '');

/** Runs one target in its own thread, which is ended when a run does not return. */
function inWorker(name: string): Promise<Outcome> {
  const shared = new SharedArrayBuffer(8 + MAX_INPUT);
  const header = new Int32Array(shared, 0, 2);
  const workerData: WorkerData = { name, runs, seed, shared };
  const worker = new Worker(path.join(import.meta.dirname, 'worker.ts'), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  return new Promise((resolve) => {
    const faulty = (fault: string): void => {
      clearInterval(watchdog);
      const length = Math.min(Atomics.load(header, 1), MAX_INPUT);
      const input = Buffer.from(new Uint8Array(shared, 8, length)).toString('hex');
      const run = Atomics.load(header, 0);
      resolve({
        name,
        runs: run,
        decoded: 0,
        codes: new Map(),
        corpus: 0,
        fault: `run ${run}: ${input}\n${fault}`,
      });
      void worker.terminate();
    };
    Atomics.store(header, 0, NOT_STARTED);
    const began = performance.now();
    let last = NOT_STARTED;
    const watchdog = setInterval(() => {
      const now = Atomics.load(header, 0);
      const stuck = now === NOT_STARTED ? performance.now() - began > START : now === last;
      if (stuck) faulty(`hangs for ${STUCK / 1000} s`);
      last = now;
    }, STUCK);
    worker.once('message', (outcome: Outcome) => {
      clearInterval(watchdog);
      resolve(outcome);
    });
    worker.once('error', (error) => faulty(`${error.stack ?? error.message}`));
  });
}

const names = (await allTargets()).map(({ name }) => name).filter((name) => only.test(name));
if (names.length === 0) {
  console.error('--only matches no target');
  process.exit(2);
}
let total = 0;
console.log(
  `seed ${seed}\n${'target'.padEnd(36)}${'runs'.padStart(10)}${'decoded'.padStart(10)}${'codes'.padStart(7)}${'corpus'.padStart(8)}`,
);
for (const name of names) {
  const { runs: done, decoded, codes, corpus, fault } = await inWorker(name);
  total += done;
  console.log(
    `${name.padEnd(36)}${`${done}`.padStart(10)}${`${decoded}`.padStart(10)}${`${codes.size}`.padStart(7)}${`${corpus}`.padStart(8)}  ${[...codes.keys()].toSorted().join(' ')}`,
  );
  if (fault !== null) {
    console.error(fault);
    process.exitCode = 1;
  }
}
console.log(
  `${total} runs over ${names.length} decoders: ${process.exitCode === 1 ? 'faults, see above' : 'no crash, hang, large allocation or difference'}`,
);
