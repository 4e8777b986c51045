import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Metafile } from 'esbuild';
import { commandFile } from './command.ts';
import {
  builtFile,
  commonManifest,
  dependenciesOf,
  entriesOf,
  sourceManifest,
  type SourceManifest,
} from './manifest.ts';
import { reach, type Reach } from './modules.ts';
import { COMMAND, LIBRARIES, ROOT, type PublishedPackage } from './published.ts';
import { integrityOf, SINGLE_FILE, singleFile } from './single-file.ts';

/** A package as it is published: a folder with its own manifest. */
export interface StagedPackage {
  readonly name: string;
  readonly folder: string;
  /** What is bundled into it, by esbuild; null when each of its modules is built alone. */
  readonly metafile: Metafile | null;
}

/**
 * Builds every published package into a folder of `out`. The manifests in `packages/` name TypeScript sources, so that
 * nothing has to be built to develop; the staged ones name what was built.
 */
export async function stage(out: string): Promise<StagedPackage[]> {
  rmSync(out, { recursive: true, force: true });
  const emitted = path.join(out, '.tsc');
  compile(emitted);
  const staged: StagedPackage[] = [];
  for (const one of LIBRARIES) {
    const library = stageLibrary(one, emitted, path.join(out, one.folder));
    staged.push(one.folder === 'picker' ? await withSingleFile(library) : library);
  }
  rmSync(emitted, { recursive: true });
  return [...staged, await stageCommand(path.join(out, COMMAND.folder))];
}

function compile(outDir: string): void {
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const project = path.join(ROOT, 'packages/release/tsconfig.build.json');
  try {
    execFileSync(process.execPath, [tsc, '-p', project, '--outDir', outDir], { encoding: 'utf8' });
  } catch (error) {
    throw new Error(`the packages do not compile:\n${(error as { stdout?: string }).stdout ?? ''}`, {
      cause: error,
    });
  }
}

function stageLibrary(published: PublishedPackage, emitted: string, folder: string): StagedPackage {
  const source = path.join(emitted, published.folder, 'src');
  for (const file of published.generated ?? []) {
    cpSync(path.join(ROOT, 'packages', published.folder, file), path.join(emitted, published.folder, file));
  }
  const manifest = sourceManifest(published);
  const entries = entriesOf(published).map(([entry, file]) => [entry, builtFile(file)] as const);
  const built = entries.map(([, file]) => path.join(source, path.relative('dist', file)));
  const code = reach(built);
  const types = reach(built.map(declarationOf));
  for (const file of [...code.files, ...types.files]) {
    write(path.join(folder, 'dist', path.relative(source, file)), withJsSpecifiers(file));
  }
  writeManifest(folder, {
    ...commonManifest(manifest),
    sideEffects: sideEffectsOf(manifest),
    exports: {
      ...Object.fromEntries(
        entries.map(([entry, file]) => [entry, { types: declarationOf(file), default: file }]),
      ),
      './package.json': './package.json',
    },
    files: ['dist'],
    ...dependenciesOf(manifest, specifiersOf(code, types)),
  });
  copyTexts(published, folder);
  return { name: manifest.name, folder, metafile: null };
}

async function stageCommand(folder: string): Promise<StagedPackage> {
  const manifest = sourceManifest(COMMAND);
  const { text, specifiers, metafile } = await commandFile();
  write(path.join(folder, 'dist/sotto.js'), text, 0o755);
  writeManifest(folder, {
    ...commonManifest(manifest),
    bin: { sotto: 'dist/sotto.js' },
    files: ['dist'],
    ...dependenciesOf(manifest, specifiers),
  });
  copyTexts(COMMAND, folder);
  return { name: manifest.name, folder, metafile };
}

/** Adds the picker's single file, its types, its integrity in a file, and the integrity in the README. */
async function withSingleFile(staged: StagedPackage): Promise<StagedPackage> {
  const { folder } = staged;
  const { bytes, metafile } = await singleFile();
  const integrity = integrityOf(bytes);
  const types = SINGLE_FILE.replace(/\.js$/, '.d.ts');
  write(path.join(folder, 'dist', SINGLE_FILE), bytes);
  write(
    path.join(folder, 'dist', types),
    "export * from './index.js';\nexport * from '@sotto/client/browser';\n",
  );
  write(path.join(folder, 'dist/integrity.json'), json({ [SINGLE_FILE]: integrity }));
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Record<
    string,
    object
  >;
  writeManifest(folder, {
    ...manifest,
    exports: {
      ...manifest['exports'],
      [`./${SINGLE_FILE}`]: { types: `./dist/${types}`, default: `./dist/${SINGLE_FILE}` },
      './integrity.json': './dist/integrity.json',
    },
    unpkg: `./dist/${SINGLE_FILE}`,
    jsdelivr: `./dist/${SINGLE_FILE}`,
  });
  const readme = path.join(folder, 'README.md');
  writeFileSync(readme, readFileSync(readme, 'utf8').replaceAll('sha384-INTEGRITY', integrity));
  return { ...staged, metafile };
}

const declarationOf = (file: string): string => file.replace(/\.js$/, '.d.ts');

const specifiersOf = (...reaches: readonly Reach[]): Map<string, string> =>
  new Map(reaches.flatMap(({ specifiers }) => [...specifiers]));

/** Modules with side effects are listed by their source files. */
const sideEffectsOf = ({ sideEffects = false }: SourceManifest): boolean | string[] =>
  typeof sideEffects === 'boolean' ? sideEffects : sideEffects.map(builtFile);

/** tsc leaves `./x.ts` in declarations. Older readers of declarations only know `./x.js`. */
function withJsSpecifiers(file: string): string {
  const text = readFileSync(file, 'utf8');
  return file.endsWith('.d.ts')
    ? text.replaceAll(/((?:from|import)\s*\(?\s*['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2')
    : text;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const writeManifest = (folder: string, manifest: object): void =>
  write(path.join(folder, 'package.json'), json(manifest));

function write(file: string, content: string | Uint8Array, mode = 0o644): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content, { mode });
}

function copyTexts({ folder: name }: PublishedPackage, folder: string): void {
  cpSync(path.join(ROOT, 'LICENSE'), path.join(folder, 'LICENSE'));
  cpSync(path.join(ROOT, 'packages', name, 'README.md'), path.join(folder, 'README.md'));
}
