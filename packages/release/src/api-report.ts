import { readFileSync } from 'node:fs';
import path from 'node:path';
import { declarationModule, originOfLocal, originsOf, type Origin } from './declarations.ts';
import { sourceManifest } from './manifest.ts';
import { LIBRARIES, ROOT } from './published.ts';
import type { StagedPackage } from './stage.ts';

/** The public API of a package as one page: each entry with the declarations of its exports, without comments. */
export interface ApiReport {
  readonly file: string; // relative to the repository
  readonly text: string;
}

/** The reports of all libraries. The command has no exports. */
export function apiReports(staged: readonly StagedPackage[]): ApiReport[] {
  return LIBRARIES.map((library) => {
    const { name } = sourceManifest(library);
    const folder = staged.find((one) => one.name === name)!.folder;
    return { file: `packages/${library.folder}/api.md`, text: reportOf(name, folder) };
  });
}

/** The report that is in the repository, or an empty text. */
export function storedReport({ file }: ApiReport): string {
  try {
    return readFileSync(path.join(ROOT, file), 'utf8');
  } catch {
    return '';
  }
}

type Exports = Readonly<Record<string, string | { readonly types: string }>>;

function reportOf(name: string, folder: string): string {
  const manifest = readFileSync(path.join(folder, 'package.json'), 'utf8');
  const { exports } = JSON.parse(manifest) as { exports: Exports };
  const shown: Shown = new Map();
  const sections = Object.entries(exports).flatMap(([entry, target]) =>
    typeof target === 'string'
      ? []
      : [section(entry.replace('.', name), path.join(folder, target.types), shown)],
  );
  const head = `# API of ${name}\n\nWritten by \`npm run api\` from the built declarations. A change of it is a change for adopters.\n`;
  return [head, ...sections].join('\n');
}

/** Declarations that the page already has: their key → the entry that exports them, or an empty text. */
type Shown = Map<string, string>;

function section(entry: string, file: string, shown: Shown): string {
  const origins = originsOf(file);
  const blocks = [
    ...declarationModule(file).augmentations,
    ...sorted(origins).map(([name, origin]) => exportText(name, origin, shown)),
  ];
  for (const origin of origins.values()) if (!shown.has(key(origin))) shown.set(key(origin), entry);
  const others = sorted(referenced([...origins.values()], shown)).map(([, origin]) => textOf(origin));
  return [
    `## ${entry}\n`,
    fenced(blocks),
    ...(others.length > 0 ? [`Not exported, but part of these:\n`, fenced(others)] : []),
  ].join('\n');
}

const key = (origin: Origin): string => `${'file' in origin ? origin.file : origin.specifier} ${origin.name}`;

const sorted = <T>(map: ReadonlyMap<string, T>): [string, T][] =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));

const fenced = (blocks: readonly string[]): string => `\`\`\`ts\n${blocks.join('\n')}\n\`\`\`\n`;

function exportText(name: string, origin: Origin, shown: Shown): string {
  if (origin.name === '*' && 'specifier' in origin) return `export * from '${origin.specifier}';`;
  const renamed = name === origin.name ? name : `${origin.name} as ${name}`;
  const elsewhere = 'specifier' in origin ? origin.specifier : shown.get(key(origin));
  if (elsewhere) return `export { ${renamed} } from '${elsewhere}';`;
  const text = `export ${textOf(origin)}`;
  return name === origin.name ? text : `${text}\nexport { ${renamed} };`;
}

/** A tuple of literal texts. They are messages for people, and their wording is no part of the API. */
const MESSAGES = /readonly \[(?:"(?:[^"\\]|\\.)*"(?:, )?)+\]/g;

const textOf = (origin: Origin): string =>
  'file' in origin
    ? (declarationModule(origin.file).texts.get(origin.name) ?? '').replaceAll(MESSAGES, 'readonly string[]')
    : '';

/** Declarations of the package that the given ones name, directly or through others, and that are not shown yet. */
function referenced(from: readonly Origin[], shown: Shown): Map<string, Origin> {
  const found = new Map<string, Origin>();
  const open = [...from];
  for (let origin = open.pop(); origin !== undefined; origin = open.pop()) {
    if (!('file' in origin)) continue;
    for (const [word] of textOf(origin).matchAll(/[A-Za-z_$][\w$]*/g)) {
      const target = originOfLocal(origin.file, word);
      if (target === null || !('file' in target) || shown.has(key(target))) continue;
      shown.set(key(target), '');
      found.set(`${target.name} ${path.basename(target.file)}`, target);
      open.push(target);
    }
  }
  return found;
}
