import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RawSodium } from '../src/sodium-raw.ts';
import { exporting } from './wasm-exports.ts';

const OUT = path.resolve(import.meta.dirname, '../dist');
const BASE64 = /"([A-Za-z0-9+/]{100000,}={0,2})"/;
/** Of the WebAssembly in libsodium-sumo 0.8.4. The numbers below hold for these bytes alone. */
const SHA256 = '29dd7daf12daec2afdf7b73101e50679bfe9c38861aa1f0de50ae505ccba99bd';

/** The functions of libsodium that we call, by their numbers in the binary. It exports the crypto_ ones, under other names. */
export const FUNCTIONS: Readonly<Record<Exclude<keyof RawSodium, 'memory'>, number>> = {
  crypto_hash_sha512: 192,
  crypto_core_ristretto255_from_hash: 518,
  crypto_core_ristretto255_scalar_reduce: 510,
  crypto_core_ristretto255_scalar_mul: 268,
  crypto_core_ristretto255_scalar_sub: 511,
  crypto_core_ristretto255_scalar_invert: 515,
  ristretto255_frombytes: 74,
  ristretto255_p3_tobytes: 85,
  ge25519_scalarmult: 134,
  ge25519_scalarmult_base: 48,
  ge25519_p3_to_cached: 14,
  ge25519_add_cached: 18,
  ge25519_sub_cached: 96,
  ge25519_p2_dbl: 28,
  ge25519_p1p1_to_p3: 97,
};

/**
 * Extracts libsodium's WebAssembly from its npm package, with another list of exports: the functions that we use and no
 * others, among them the operations on decoded points of which libsodium's own API is made. All else, the code above all,
 * is left as it is.
 *
 * - `dist/libsodium.wasm` is for Workers, which import it as a module, because workerd compiles none at run time.
 * - `dist/libsodium.js` has the same bytes in base64, for Node, so that what we publish needs no other file.
 *
 * The output depends on the package and these scripts only. Running it again does nothing.
 */
export function extractLibsodium(): void {
  const main = createRequire(import.meta.url).resolve('libsodium-sumo');
  const source = path.resolve(path.dirname(main), '../modules-sumo-esm/libsodium-sumo.mjs');
  const wasmFile = path.join(OUT, 'libsodium.wasm');
  const textFile = path.join(OUT, 'libsodium.js');
  const scripts = ['libsodium.ts', 'wasm-exports.ts'].map((name) => path.join(import.meta.dirname, name));
  if ([source, ...scripts].every((input) => newer(wasmFile, input) && newer(textFile, input))) return;

  const embedded = Buffer.from(BASE64.exec(readFileSync(source, 'utf8'))?.[1] ?? '', 'base64');
  if (createHash('sha256').update(embedded).digest('hex') !== SHA256) {
    throw new Error(
      'libsodium-sumo does not have the WebAssembly of version 0.8.4. Find the numbers of its functions and adapt packages/voprf/scripts/libsodium.ts',
    );
  }
  const wasm = exporting(embedded, FUNCTIONS);
  const licence = readFileSync(path.resolve(path.dirname(main), '../../LICENSE'), 'utf8');
  mkdirSync(OUT, { recursive: true });
  write(wasmFile, wasm);
  write(textFile, moduleOf(wasm, licence));
}

const moduleOf = (wasm: Uint8Array, licence: string): string =>
  `/*! libsodium-sumo 0.8.4\n${licence.trim()}\n*/\nexport default '${Buffer.from(wasm).toString('base64')}';\n`;

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
