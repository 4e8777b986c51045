import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';

const KIB = 1024; // bytes, gzipped

const bundle = (contents: string) =>
  build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'esm',
    charset: 'utf8',
    target: 'es2022',
  });

const PICKER = `export * from '@sotto/picker';`;
const BOTH = `${PICKER} export * from '@sotto/client/browser';`;

let text = '';
let modules: string[] = [];

beforeAll(async () => {
  const { outputFiles, metafile } = await bundle(BOTH);
  text = outputFiles[0]?.text ?? '';
  modules = Object.keys(metafile.inputs);
});

const size = (code: string | undefined): number => gzipSync(code ?? '', { level: 9 }).length;

test('picker without a client: weighs less than 28 KiB gzipped', async () => {
  const { outputFiles } = await bundle(PICKER);
  expect(size(outputFiles[0]?.text)).toBeLessThan(28 * KIB);
});

describe('picker and client in one module', () => {
  test('weigh less than 86 KiB gzipped', () => {
    expect(size(text)).toBeLessThan(86 * KIB);
  });

  test('contain no server code', () => {
    expect(modules.length).toBeGreaterThan(50);
    expect(modules.filter((name) => /hono|drizzle|sodium|services\//.test(name))).toEqual([]);
  });

  test.each(['innerHTML', 'insertAdjacentHTML', 'document.write', 'eval(', 'console.'])(
    'do not use %s',
    (word) => {
      expect(text.includes(word)).toBe(false);
    },
  );
});

test('page: names no other origin and has no inline script or style', async () => {
  const page = path.resolve(import.meta.dirname, '../page');
  const html = await readFile(path.join(page, 'index.html'), 'utf8');
  const css = await readFile(path.join(page, 'page.css'), 'utf8');
  expect(html + css).not.toMatch(/https?:|\/\/[a-z]/);
  expect(html).not.toMatch(/<script(?![^>]*src=)|\son\w+=|style=|<style/);
});
