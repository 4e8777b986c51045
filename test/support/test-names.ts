import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** Matches `test('…',`, `describe('…',` and `.each(…)('…',`. */
const NAME =
  /(?:\b(?:test|describe)(?:\.\w+)*\(|\)\()\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`)\s*,/g;

/** The names of tests and groups, by test file. */
export function testNames(): Map<string, readonly string[]> {
  const files = globSync('{packages,services,test}/**/*.test.ts', { cwd: root });
  const ours = files.filter((file) => !file.includes('node_modules')).toSorted();
  return new Map(ours.map((file) => [file, namesIn(readFileSync(path.join(root, file), 'utf8'))]));
}

function namesIn(text: string): string[] {
  return Array.from(text.matchAll(NAME), ([, single, double, back]) => single ?? double ?? back ?? '');
}

const ID = /\b(?:[RGBISQKXN]|P)\d\d\b/g;

/** The fault ids in a test name. */
export const idsIn = (name: string): string[] => name.match(ID) ?? [];
