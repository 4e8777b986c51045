import { Buffer } from 'node:buffer';
import wasm from '../dist/libsodium.js';
import { instantiate, type Sodium } from './sodium-raw.ts';

/** Its type lacks this constructor, because the types of Workers are loaded, and workerd compiles no module at run time. */
const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;

/** Loads libsodium in Node. `scripts/libsodium.ts` makes the file of `dist/`. */
export async function loadSodium(): Promise<Sodium> {
  return instantiate(new Module(Buffer.from(wasm, 'base64')));
}
