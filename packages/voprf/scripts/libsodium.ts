import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RawSodium } from '../src/sodium.ts';

const OUT = path.resolve(import.meta.dirname, '../dist');
const BASE64 = /"([A-Za-z0-9+/]{100000,}={0,2})"/;

type FunctionName = Exclude<keyof RawSodium, 'HEAPU8'>;
const FUNCTIONS: Record<FunctionName, true> = {
  _malloc: true,
  _crypto_hash_sha512: true,
  _crypto_scalarmult_ristretto255: true,
  _crypto_scalarmult_ristretto255_base: true,
  _crypto_core_ristretto255_is_valid_point: true,
  _crypto_core_ristretto255_add: true,
  _crypto_core_ristretto255_from_hash: true,
  _crypto_core_ristretto255_scalar_reduce: true,
  _crypto_core_ristretto255_scalar_mul: true,
  _crypto_core_ristretto255_scalar_sub: true,
  _crypto_core_ristretto255_scalar_invert: true,
};

/**
 * Extracts libsodium's WebAssembly from its npm package, because workerd compiles none at run time: the bytes go to
 * `dist/libsodium.wasm`, and a loader for the functions that we use to `dist/libsodium.js`. The package's own loader names
 * 700 functions and asks for Node's `process`, for which workerd loads its emulation of Node: 14 ms of a cold start.
 *
 * The output depends on the package and this file only. Running it again does nothing.
 */
export function extractLibsodium(): void {
  const wrappers = createRequire(import.meta.url).resolve('libsodium-wrappers-sumo');
  const common = createRequire(wrappers).resolve('libsodium-sumo');
  const source = path.resolve(path.dirname(common), '../modules-sumo-esm/libsodium-sumo.mjs');
  const wasmFile = path.join(OUT, 'libsodium.wasm');
  const loaderFile = path.join(OUT, 'libsodium.js');
  const inputs = [source, fileURLToPath(import.meta.url)];
  if (inputs.every((input) => newer(wasmFile, input) && newer(loaderFile, input))) return;

  const text = readFileSync(source, 'utf8');
  const embedded = BASE64.exec(text)?.[1];
  if (embedded === undefined) throw changed('no WebAssembly is embedded');
  const wasm = Buffer.from(embedded, 'base64');
  if (!WebAssembly.validate(wasm)) throw changed('the embedded bytes are not valid WebAssembly');
  const loader = loaderOf(text, new WebAssembly.Module(wasm));
  mkdirSync(OUT, { recursive: true });
  write(wasmFile, wasm);
  write(loaderFile, loader);
}

/** A loader with the minified names that the package's own loader has. */
function loaderOf(text: string, module: WebAssembly.Module): string {
  const exported = WebAssembly.Module.exports(module);
  const memory = exported.find(({ kind }) => kind === 'memory')?.name;
  if (memory === undefined) throw changed('no memory is exported');
  const functions = Object.keys(FUNCTIONS).map((name) => {
    const minified = new RegExp(`\\.${name}=A\\.(\\w+)[,;]`).exec(text)?.[1];
    if (!exported.some(({ kind, name: known }) => kind === 'function' && known === minified)) {
      throw changed(`${name} is not exported`);
    }
    return `    ${name}: exports.${minified},`;
  });
  const imports: Record<string, string[]> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= []).push(name);
  const refused = Object.entries(imports).map(
    ([from, names]) => `    ${from}: { ${names.map((name) => `${name}: refuse`).join(', ')} },`,
  );
  return [
    'function refuse() {',
    "  throw new Error('libsodium aborted, or wants randomness or more memory, which it does not get');",
    '}',
    '',
    'export default function load(module) {',
    '  const { exports } = new WebAssembly.Instance(module, {',
    ...refused,
    '  });',
    '  return {',
    `    HEAPU8: new Uint8Array(exports.${memory}.buffer),`,
    ...functions,
    '  };',
    '}',
    '',
  ].join('\n');
}

const changed = (what: string): Error =>
  new Error(
    `libsodium-sumo is not laid out as in version 0.8.4: ${what}. Adapt packages/voprf/scripts/libsodium.ts`,
  );

/** Writes atomically, because another process may be reading. */
function write(file: string, content: string | Uint8Array): void {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, content);
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}

function newer(file: string, than: string): boolean {
  const made = statSync(file, { throwIfNoEntry: false });
  return made !== undefined && made.mtimeMs >= statSync(than).mtimeMs;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) extractLibsodium();
