import create from '../dist/libsodium.js';
import wasm from '../dist/libsodium.wasm';
import type { RawSodium, Sodium } from './sodium.ts';

/** Hands the compiled module to libsodium's own loader. */
function instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): void {
  done(new WebAssembly.Instance(wasm, imports));
}

/**
 * Loads libsodium where WebAssembly comes as a compiled module and none may be compiled at run time.
 *
 * It asks for no chance and does no I/O, so it may be awaited at module scope. `scripts/libsodium.ts` makes
 * the two files of `dist/`, and runs before a bundler does.
 */
export async function loadSodium(): Promise<Sodium> {
  return { raw: (await create({ instantiateWasm })) as RawSodium, sums: 'noble' };
}
