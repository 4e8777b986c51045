import { randomFillSync } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { loadSodium } from '@sotto/voprf/sodium-node';
import { coldBatch } from './cold-batch.ts';

const random = (length: number) => randomFillSync(new Uint8Array(length));

/** CPU time of this thread where Node reports it (24), else wall time; microseconds. */
function now(): number {
  if (process.threadCpuUsage === undefined) return performance.now() * 1000;
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

const began = now();
await coldBatch(workerData as 'ours' | 'noble', loadSodium, random);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origins
parentPort?.postMessage(now() - began);
