import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, test } from 'vitest';
import { importsOf } from './support/imports.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const GENERATED = /\/(?:dist|built)\//;
const EXTRACTS = 'node packages/voprf/scripts/libsodium.ts && ';

const read = (file: string): string => readFileSync(file, 'utf8');
const { scripts } = JSON.parse(read(path.join(ROOT, 'package.json'))) as { scripts: Record<string, string> };

/** The file that a module imports by this name, or null for a package of somebody else. */
function resolve(target: string, from: string): string | null {
  if (target.startsWith('.')) return path.resolve(path.dirname(from), target);
  return target.startsWith('@sotto/') ? createRequire(from).resolve(target) : null;
}

/** Every file that is loaded before the first line of the entry runs. */
function loadedWith(entry: string): ReadonlySet<string> {
  const loaded = new Set<string>();
  const visit = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    if (GENERATED.test(file) || !/\.[jt]s$/.test(file)) return;
    for (const { target, typeOnly, isDynamic } of importsOf(read(file))) {
      const next = typeOnly || isDynamic ? null : resolve(target, file);
      if (next !== null) visit(next);
    }
  };
  visit(entry);
  return loaded;
}

const commands = Object.entries(scripts).filter(([, line]) => /\bnode \S+\.ts$/.test(line));

test.each(commands)('npm run %s starts in a clone in which nothing was generated yet', (_, line) => {
  const [, entry = ''] = /node (\S+\.ts)$/.exec(line) ?? [];
  const generated = [...loadedWith(path.join(ROOT, entry))].filter((file) => GENERATED.test(file));
  expect(line.startsWith(EXTRACTS) ? [] : generated.map((file) => path.relative(ROOT, file))).toEqual([]);
});

test('the issuer on Node loads a generated file, so the check above would see one', () => {
  const loaded = loadedWith(path.join(ROOT, 'services/issuer/src/node.ts'));
  expect(loaded).toContain(path.join(ROOT, 'packages/voprf/dist/libsodium.js'));
});
