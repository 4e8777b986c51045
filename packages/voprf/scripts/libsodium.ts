import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const OUT = path.resolve(import.meta.dirname, '../dist');
const BASE64 = /"([A-Za-z0-9+/]{100000,}={0,2})"/;

/**
 * Takes libsodium's WebAssembly out of its npm package, since workerd compiles none at run time: its bytes
 * into `dist/libsodium.wasm`, and its own loader without them into `dist/libsodium.js`.
 *
 * The same package gives the same two files; done again, it does nothing.
 */
export function extractLibsodium(): void {
  const wrappers = createRequire(import.meta.url).resolve('libsodium-wrappers-sumo');
  const common = createRequire(wrappers).resolve('libsodium-sumo');
  const source = path.resolve(path.dirname(common), '../modules-sumo-esm/libsodium-sumo.mjs');
  const wasmFile = path.join(OUT, 'libsodium.wasm');
  const loaderFile = path.join(OUT, 'libsodium.js');
  if (newer(wasmFile, source) && newer(loaderFile, source)) return;

  const text = readFileSync(source, 'utf8');
  const embedded = BASE64.exec(text)?.[1];
  if (embedded === undefined || !text.includes('instantiateWasm')) {
    throw new Error('libsodium-sumo has another shape than 0.8.4');
  }
  const wasm = Buffer.from(embedded, 'base64');
  if (!WebAssembly.validate(wasm)) throw new Error('libsodium-sumo: not WebAssembly');
  mkdirSync(OUT, { recursive: true });
  write(wasmFile, wasm);
  write(loaderFile, text.replace(BASE64, '""'));
}

/** All or nothing: another process may be reading. */
function write(file: string, content: string | Uint8Array): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content);
  renameSync(draft, file);
}

function newer(file: string, than: string): boolean {
  const made = statSync(file, { throwIfNoEntry: false });
  return made !== undefined && made.mtimeMs >= statSync(than).mtimeMs;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) extractLibsodium();
