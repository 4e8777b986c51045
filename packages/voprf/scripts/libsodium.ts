import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const OUT = path.resolve(import.meta.dirname, '../dist');
const BASE64 = /"([A-Za-z0-9+/]{100000,}={0,2})"/;

/**
 * Extracts libsodium's WebAssembly from its npm package, because workerd compiles none at run time: the bytes go to
 * `dist/libsodium.wasm`, and the loader without them to `dist/libsodium.js`.
 *
 * The output depends on the package only. Running it again does nothing.
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
    throw new Error(
      'libsodium-sumo is not laid out as in version 0.8.4; adapt packages/voprf/scripts/libsodium.ts',
    );
  }
  const wasm = Buffer.from(embedded, 'base64');
  if (!WebAssembly.validate(wasm))
    throw new Error('libsodium-sumo: the embedded bytes are not valid WebAssembly');
  mkdirSync(OUT, { recursive: true });
  write(wasmFile, wasm);
  write(loaderFile, text.replace(BASE64, '""'));
}

/** Writes atomically, because another process may be reading. */
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
