import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'oxc-parser';

/** Everything that a module imports, re-exports, or loads with a literal `import()`. */
export function importsOf(file: string, text: string): string[] {
  const { module } = parseSync(file, text);
  const dynamic = module.dynamicImports.map(({ moduleRequest: { start, end } }) =>
    literal(text.slice(start, end)),
  );
  return [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
    ...typeImports(text),
    ...dynamic.filter((name) => name !== null),
  ];
}

const literal = (source: string): string | null => /^(['"])(.*)\1$/.exec(source)?.[2] ?? null;

/** `import('x')` in the place of a type, as declarations have it. */
const typeImports = (text: string): string[] =>
  Array.from(text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g), ([, name = '']) => name);

/** The files and packages that a set of entries needs. */
export interface Reach {
  readonly files: ReadonlySet<string>; // absolute paths
  readonly specifiers: ReadonlyMap<string, string>; // a bare specifier → the first file that imports it
}

/** Follows relative imports from the entries on. `.ts` in declarations means the `.d.ts` beside it. */
export function reach(entries: readonly string[]): Reach {
  const files = new Set<string>();
  const specifiers = new Map<string, string>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const target of importsOf(file, readFileSync(file, 'utf8'))) {
      if (target.startsWith('.')) open.push(resolved(file, target));
      else if (!specifiers.has(target)) specifiers.set(target, file);
    }
  }
  return { files, specifiers };
}

function resolved(file: string, target: string): string {
  const at = path.resolve(path.dirname(file), target);
  return file.endsWith('.d.ts') ? at.replace(/\.[jt]s$/, '.d.ts') : at;
}

/** The package of a bare specifier: `@noble/curves` of `@noble/curves/nist.js`. */
export const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
