import { parentPort, workerData } from 'node:worker_threads';
import { fuzz } from './run.ts';
import { allTargets } from './targets.ts';

/** The data from the main thread. `shared`: the run, the length of the input, and the input. */
export interface WorkerData {
  readonly name: string;
  readonly runs: number;
  readonly seed: number;
  readonly shared: SharedArrayBuffer;
}

const { name, runs, seed, shared } = workerData as WorkerData;
const header = new Int32Array(shared, 0, 2);
const input = new Uint8Array(shared, 8);
const target = (await allTargets()).find((one) => one.name === name);
if (target === undefined) throw new Error(`no target ${name}`);
const outcome = await fuzz(target, { runs, seed }, (bytes, run) => {
  input.set(bytes.subarray(0, input.length));
  Atomics.store(header, 1, bytes.length);
  Atomics.store(header, 0, run);
});
parentPort?.postMessage(outcome);
