import create from '../dist/libsodium.js';
import wasm from '../dist/libsodium.wasm';
import type { RawSodium, Sodium } from './sodium.ts';

/** Passes the compiled module to libsodium's own loader. */
function instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): void {
  done(new WebAssembly.Instance(wasm, imports));
}

/**
 * Loads libsodium on platforms that import WebAssembly as a compiled module and compile none at run time.
 *
 * It uses no randomness and no I/O, so it can be awaited at module scope. `scripts/libsodium.ts` makes the two files of
 * `dist/` and must run before the bundler.
 */
export async function loadSodium(): Promise<Sodium> {
  return { raw: (await create({ instantiateWasm })) as RawSodium, sums: 'noble' };
}
