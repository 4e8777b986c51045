import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { extractLibsodium } from '../scripts/libsodium.ts';

const file = (name: string) => readFileSync(new URL(`../dist/${name}`, import.meta.url));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('extractLibsodium always produces the same WebAssembly and loader', () => {
  extractLibsodium();
  expect(sha256(file('libsodium.wasm'))).toBe(
    '29dd7daf12daec2afdf7b73101e50679bfe9c38861aa1f0de50ae505ccba99bd',
  );
  expect(sha256(file('libsodium.js'))).toBe(
    'bfe2129dce2ae7e789c97dcbde69eedd3cc73630f99f737e3f84d424400eb771',
  );
});

test('the loader contains no WebAssembly, and the WebAssembly imports four functions', () => {
  expect(file('libsodium.js').length).toBeLessThan(40_000);
  const module = new WebAssembly.Module(file('libsodium.wasm'));
  expect(WebAssembly.Module.imports(module).map(({ kind }) => kind)).toEqual(
    Array.from({ length: 4 }, () => 'function'),
  );
});
