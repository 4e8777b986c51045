import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'oxc-parser';

/** Where a name comes from: a declaration in a file of the package, or an export of another package. */
export type Origin =
  | { readonly file: string; readonly name: string }
  | { readonly specifier: string; readonly name: string };

/** The contents of one module of declarations. */
interface DeclarationModule {
  /** Local name → its declaration without comments; overloads of a function are joined. */
  readonly texts: ReadonlyMap<string, string>;
  /** Local name → what it imports. */
  readonly imports: ReadonlyMap<string, { readonly specifier: string; readonly name: string }>;
  /** Exported name → the local name, or a name of another module. */
  readonly exports: ReadonlyMap<string, { readonly specifier: string | null; readonly name: string }>;
  readonly stars: readonly string[];
  /** `declare module` and `declare global` blocks. */
  readonly augmentations: readonly string[];
}

const modules = new Map<string, DeclarationModule>();

/** Parses a `.d.ts`, once. */
export function declarationModule(file: string): DeclarationModule {
  const known = modules.get(file);
  if (known !== undefined) return known;
  const source = readFileSync(file, 'utf8');
  const { program, module, comments } = parseSync(file, source);
  const textOf = (start: number, end: number): string =>
    withoutSpans(source, start, end, comments)
      .replace(/^(export )?(default )?(declare )?/, '')
      .trim();
  const texts = new Map<string, string>();
  const augmentations: string[] = [];
  for (const statement of program.body) {
    const node = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    const text = textOf(statement.start, statement.end);
    if (/^declare (module|global|namespace)\b/.test(`declare ${text}`)) {
      augmentations.push(`declare ${text}`);
    } else {
      for (const name of namesOf(node)) texts.set(name, [texts.get(name) ?? [], text].flat().join('\n'));
    }
  }
  const result = {
    texts,
    augmentations,
    imports: new Map(
      module.staticImports.flatMap(({ moduleRequest, entries }) =>
        entries.map(({ localName, importName }) => [
          localName.value,
          { specifier: moduleRequest.value, name: importName.name ?? '*' },
        ]),
      ),
    ),
    ...exportsOf(module.staticExports.flatMap(({ entries }) => entries)),
  };
  modules.set(file, result);
  return result;
}

type ExportEntry = ReturnType<typeof parseSync>['module']['staticExports'][number]['entries'][number];

function exportsOf(entries: readonly ExportEntry[]): Pick<DeclarationModule, 'exports' | 'stars'> {
  const stars: string[] = [];
  const exports = new Map<string, { specifier: string | null; name: string }>();
  for (const { moduleRequest, exportName, localName, importName } of entries) {
    const specifier = moduleRequest?.value ?? null;
    if (exportName.name === null && specifier !== null) stars.push(specifier);
    else if (exportName.name !== null) {
      const name = (specifier === null ? localName.name : importName.name) ?? exportName.name;
      exports.set(exportName.name, { specifier, name });
    }
  }
  return { exports, stars };
}

function namesOf(node: unknown): string[] {
  const { id, declarations } = (node ?? {}) as {
    id?: { name?: string };
    declarations?: { id: { name?: string } }[];
  };
  const names = declarations?.map((one) => one.id.name) ?? [id?.name];
  return names.filter((name) => name !== undefined);
}

function withoutSpans(
  source: string,
  start: number,
  end: number,
  spans: readonly { readonly start: number; readonly end: number }[],
): string {
  let text = '';
  let at = start;
  for (const span of spans.filter((one) => one.start >= start && one.end <= end)) {
    text += source.slice(at, span.start);
    at = span.end;
  }
  return (text + source.slice(at, end)).replaceAll(/^\s*\n/gm, '').replaceAll(/[ \t]+$/gm, '');
}

/** Every name that a module exports, and where it comes from. */
export function originsOf(file: string): Map<string, Origin> {
  const { exports, stars } = declarationModule(file);
  const origins = new Map<string, Origin>();
  for (const specifier of stars) {
    if (specifier.startsWith('.')) {
      for (const [name, origin] of originsOf(fileOf(file, specifier))) origins.set(name, origin);
    } else origins.set(`* from ${specifier}`, { specifier, name: '*' });
  }
  for (const [exported, { specifier, name }] of exports) {
    const origin = specifier === null ? originOfLocal(file, name) : originOfImport(file, { specifier, name });
    if (origin !== null) origins.set(exported, origin);
  }
  return origins;
}

/** Where a name in the scope of a module comes from; null for one of the language or the platform. */
export function originOfLocal(file: string, name: string): Origin | null {
  const { texts, imports } = declarationModule(file);
  const imported = imports.get(name);
  if (texts.has(name)) return { file, name };
  return imported === undefined ? null : originOfImport(file, imported);
}

function originOfImport(
  file: string,
  imported: { readonly specifier: string; readonly name: string },
): Origin | null {
  if (!imported.specifier.startsWith('.')) return imported;
  return originsOf(fileOf(file, imported.specifier)).get(imported.name) ?? null;
}

const fileOf = (file: string, specifier: string): string =>
  path.resolve(path.dirname(file), specifier).replace(/\.js$/, '.d.ts');
