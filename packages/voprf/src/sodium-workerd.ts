import wasm from '../dist/libsodium.wasm';
import { instantiate, type Sodium } from './sodium-raw.ts';

/**
 * Loads libsodium on platforms that import WebAssembly as a compiled module and compile none at run time.
 *
 * It uses no randomness and no I/O, so it can be awaited at module scope. `scripts/libsodium.ts` makes the file of `dist/`
 * and must run before the bundler.
 */
export async function loadSodium(): Promise<Sodium> {
  return instantiate(wasm);
}
