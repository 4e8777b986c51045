/* oxlint-disable no-underscore-dangle -- libsodium's own name */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { extractLibsodium } from '../scripts/libsodium.ts';
import type { RawSodium } from '../src/sodium.ts';

const file = (name: string) => readFileSync(new URL(`../dist/${name}`, import.meta.url));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('extractLibsodium always produces the same WebAssembly and loader', () => {
  extractLibsodium();
  expect(sha256(file('libsodium.wasm'))).toBe(
    '29dd7daf12daec2afdf7b73101e50679bfe9c38861aa1f0de50ae505ccba99bd',
  );
  expect(sha256(file('libsodium.js'))).toBe(
    '6da6cd7bee4ce9cff67e0291c37f05316079aa720d60dae570a2505182a75590',
  );
});

test('the loader contains no WebAssembly, and the WebAssembly imports four functions', () => {
  expect(file('libsodium.js').length).toBeLessThan(1_000);
  const module = new WebAssembly.Module(file('libsodium.wasm'));
  expect(WebAssembly.Module.imports(module).map(({ kind }) => kind)).toEqual(
    Array.from({ length: 4 }, () => 'function'),
  );
});

test('the loader gives libsodium no other memory than it begins with, and no randomness', async () => {
  extractLibsodium();
  const { default: load } = (await import(new URL('../dist/libsodium.js', import.meta.url).href)) as {
    readonly default: (module: WebAssembly.Module) => RawSodium;
  };
  const raw = load(new WebAssembly.Module(file('libsodium.wasm')));
  expect(raw._malloc(64)).toBeGreaterThan(0);
  expect(() => raw._malloc(2 ** 30)).toThrow('libsodium aborted, or wants randomness or more memory');
});
