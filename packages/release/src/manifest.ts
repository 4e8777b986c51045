import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageOf } from './modules.ts';
import { NODE_FLOOR, ROOT, type PublishedPackage } from './published.ts';

type Versions = Readonly<Record<string, string>>;

/** The members of a package.json in `packages/` that publishing reads. */
export interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly exports?: Versions;
  readonly sideEffects?: boolean | readonly string[];
  readonly dependencies?: Versions;
  readonly peerDependencies?: Versions;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional: boolean }>>;
}

const read = (file: string): unknown => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));

/** The manifest of a package in the repository. */
export const sourceManifest = ({ folder }: PublishedPackage): SourceManifest =>
  read(`packages/${folder}/package.json`) as SourceManifest;

/** The one version of all packages, and the licence: those of the repository's own manifest. */
export const { version: VERSION, license: LICENSE } = read('package.json') as Record<
  'version' | 'license',
  string
>;

/** `./src/x.ts` in the source manifest is `./dist/x.js` in the package. */
export const builtFile = (source: string): string =>
  source.replace('./src/', './dist/').replace(/\.ts$/, '.js');

/** The published entries and their source files. */
export function entriesOf(published: PublishedPackage): [entry: string, source: string][] {
  const { exports = {} } = sourceManifest(published);
  return Object.entries(exports).filter(([entry]) => !published.unpublished?.includes(entry));
}

/** The members that every published manifest has. */
export function commonManifest({ name, description }: SourceManifest): Record<string, unknown> {
  if (description === undefined) throw new Error(`${name}: package.json has no description`);
  return {
    name,
    version: VERSION,
    description,
    license: LICENSE,
    type: 'module',
    engines: { node: NODE_FLOOR },
    publishConfig: { access: 'public' },
  };
}

/**
 * The dependencies that the built files import. Siblings have exactly this version, the others that of the
 * source manifest.
 */
export function dependenciesOf(
  manifest: SourceManifest,
  specifiers: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const { name, dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  const used: Record<string, string> = {};
  for (const [specifier, importer] of specifiers) {
    const one = packageOf(specifier);
    if (specifier.startsWith('node:') || one === name || isPeer(one, peerDependencies)) continue;
    if (dependencies[one] === undefined) {
      throw new Error(
        `${path.basename(importer)} imports ${one}. Add it to the dependencies of ${name}, or keep it out.`,
      );
    }
    used[one] = one.startsWith('@sotto/') ? VERSION : dependencies[one];
  }
  return {
    dependencies: Object.fromEntries(Object.entries(used).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    ...(Object.keys(peerDependencies).length > 0 && { peerDependencies, peerDependenciesMeta }),
  };
}

/** A package of types counts as the package that it types. */
const isPeer = (name: string, peers: Versions): boolean => name in peers || `@types/${name}` in peers;
