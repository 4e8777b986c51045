import load from '../dist/libsodium.js';
import wasm from '../dist/libsodium.wasm';
import type { Sodium } from './sodium.ts';

/** An isolate that signs up to eight batches uses less time with libsodium's sums, and one that signs more with noble's. */
const COLD_SUMS = 4;

/**
 * Loads libsodium on platforms that import WebAssembly as a compiled module and compile none at run time.
 *
 * It uses no randomness and no I/O, so it can be awaited at module scope. `scripts/libsodium.ts` makes the two files of
 * `dist/` and must run before the bundler.
 */
export async function loadSodium(): Promise<Sodium> {
  return { raw: load(wasm), libsodiumSums: COLD_SUMS };
}
