import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { exportsOf, publicExports, wordsOf } from './support/exports.ts';
import { tableRows } from './support/markdown-table.ts';
import { product } from './support/sources.ts';

const root = path.resolve(import.meta.dirname, '..');
const glossary = readFileSync(path.join(root, 'specs/glossary.md'), 'utf8');

const table = (section: string): string[][] => tableRows(glossary, section);

const AVOIDED = new Map(
  table('Words that names avoid').flatMap(([words = '', instead = '', exempt = '']) =>
    words.split(' ').map((word) => [word, { instead, exempt: exempt.split(/[`, ]+/) }] as const),
  ),
);

/** A participle that stands alone, or last, is not a name of a type: `Taken`, `HeldBack`. */
const PARTICIPLE =
  /(?:[a-z]ed|^(?:Got|Kept|Held|Taken|Shown|Seen|Found|Drawn|Spent|Known|Sent|Lost|Made|Said))$/;

const exported = product.flatMap(exportsOf);

describe('vocabulary', () => {
  test('glossary: has the avoided words, and no word is its own replacement', () => {
    expect(AVOIDED.size).toBeGreaterThan(20);
    expect([...AVOIDED].filter(([word, { instead }]) => instead.split(/[\s,;]+/).includes(word))).toEqual([]);
  });

  test('exported names: none has a word that the glossary avoids', () => {
    const found = exported.flatMap(({ path: file, line, name }) =>
      wordsOf(name)
        .filter((word) => AVOIDED.has(word) && !AVOIDED.get(word)?.exempt.includes(name))
        .map((word) => `${file}:${line} ${name}: say ${AVOIDED.get(word)?.instead} for ${word}`),
    );
    expect(found).toEqual([]);
  });

  test('files and folders: none has a word that the glossary avoids', () => {
    const found = product.flatMap(({ path: file }) =>
      file
        .split(/[/.-]/)
        .filter((word) => AVOIDED.has(word))
        .map((word) => `${file}: say ${AVOIDED.get(word)?.instead} for ${word}`),
    );
    expect(found).toEqual([]);
  });

  test('exported types: none is a participle', () => {
    const types = exported.filter(({ kind, name }) => kind === 'type' && PARTICIPLE.test(name));
    expect(types.map(({ path: file, name }) => `${file} ${name}`)).toEqual([]);
  });

  test('names: are split into words at capitals and underscores', () => {
    expect(wordsOf('tokenKeyId')).toEqual(['token', 'key', 'id']);
    expect(wordsOf('MAX_SLOTS')).toEqual(['max', 'slots']);
    expect(wordsOf('HTTPAnswer')).toEqual(['http', 'answer']);
  });
});

describe('docstrings', () => {
  const files = new Map(product.map((source) => [source.path, source]));
  const packages = globSync('packages/*/package.json', { cwd: root }).toSorted();

  test.each(packages)('%s: every public export has a docstring', (manifest) => {
    const { exports = {} } = JSON.parse(readFileSync(path.join(root, manifest), 'utf8')) as {
      exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
    };
    const home = path.posix.dirname(manifest);
    const targets = Object.values(exports).flatMap((to) =>
      typeof to === 'string' ? [to] : Object.values(to),
    );
    const entries = targets.map((target) => path.posix.join(home, target));
    const found = publicExports(entries, files);
    expect(targets.length === 0 || found.length > 0).toBe(true);
    expect(found.filter((one) => !one.documented).map(({ path: at, name }) => `${at} ${name}`)).toEqual([]);
  });
});
