import { randomFillSync } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { loadSodium } from '@sotto/voprf/sodium-node';
import { coldBatch } from './cold-batch.ts';

const began = performance.now();
await coldBatch(workerData as 'ours' | 'noble', loadSodium, (length) =>
  randomFillSync(new Uint8Array(length)),
);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origins
parentPort?.postMessage(performance.now() - began);
