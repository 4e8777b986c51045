import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { extractLibsodium, FUNCTIONS } from '../scripts/libsodium.ts';
import text from '../dist/libsodium.js';

extractLibsodium();
const wasm = readFileSync(new URL('../dist/libsodium.wasm', import.meta.url));
const original = (): Buffer => {
  const source = import.meta.resolve('libsodium-sumo').replace('file://', '');
  return Buffer.from(
    /"([A-Za-z0-9+/]{100000,}={0,2})"/.exec(readFileSync(source, 'utf8'))?.[1] ?? '',
    'base64',
  );
};

/** The sections of a module by their numbers. */
function sections(module: Buffer): Map<number, string> {
  const found = new Map<number, string>();
  for (let at = 8; at < module.length;) {
    const id = module[at++] ?? 0;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++] ?? 0;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    found.set(id, module.toString('base64', at, at + length));
    at += length;
  }
  return found;
}

test('extractLibsodium always produces the same WebAssembly, and the same bytes for Node', () => {
  expect(createHash('sha256').update(wasm).digest('hex')).toBe(
    'b39c5bb772cda3cf30923c53f2c6b63e18b76fcabebd5ba22fe288547345519a',
  );
  expect(text).toBe(wasm.toString('base64'));
});

test('extractLibsodium changes the list of exports alone: code, data and all else are libsodium’s', () => {
  const [before, after] = [sections(original()), sections(wasm)];
  expect([...after.keys()]).toEqual([...before.keys()]);
  const changed = [...after.keys()].filter((id) => after.get(id) !== before.get(id));
  expect(changed).toEqual([7]); // the section of exports
  const module = new WebAssembly.Module(wasm);
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  expect(names).toEqual(['memory', ...Object.keys(FUNCTIONS)]);
  expect(WebAssembly.Module.imports(module).map(({ kind }) => kind)).toEqual(
    Array.from({ length: 4 }, () => 'function'),
  );
});

test('libsodium’s licence is in what we publish of it', () => {
  expect(readFileSync(new URL('../dist/libsodium.js', import.meta.url), 'utf8')).toContain('Frank Denis');
});
