import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';

const BUDGET = 60 * 1024; // bytes, gzipped

let text = '';
let modules: string[] = [];

beforeAll(async () => {
  const contents = `export * from '@sotto/picker'; export * from '@sotto/client/browser';`;
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'esm',
    charset: 'utf8',
    target: 'es2022',
  });
  text = outputFiles[0]?.text ?? '';
  modules = Object.keys(metafile.inputs);
});

describe('picker and client in one module', () => {
  test('weigh less than 60 KiB gzipped', () => {
    expect(gzipSync(text, { level: 9 }).length).toBeLessThan(BUDGET);
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
