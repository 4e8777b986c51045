import type { Metafile } from 'esbuild';

/** An entry of package-lock.json. */
interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
}

export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/** Files of ours that load a part of an npm package which a script extracted. */
const EXTRACTED: Readonly<Record<string, string>> = {
  'packages/voprf/src/sodium-node.ts': 'node_modules/libsodium-sumo',
  'packages/voprf/src/sodium-workerd.ts': 'node_modules/libsodium-sumo',
};

/** The folder of the npm package that a bundled file is of; null for a file of this repository. */
function packageFolder(file: string): string | null {
  if (EXTRACTED[file] !== undefined) return EXTRACTED[file];
  const [folder] = /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [];
  return folder ?? null;
}

/**
 * A CycloneDX list of the npm packages that are bundled into each artefact. It has neither time nor serial number, so
 * that the same sources give the same bytes.
 *
 * @throws {Error} for a bundled package that the lockfile does not have
 */
export function componentList(
  artefacts: ReadonlyMap<string, Metafile>,
  { packages }: Lockfile,
  version: string,
): object {
  const users = new Map<string, string[]>();
  for (const [artefact, { inputs }] of artefacts) {
    const folders = new Set(Object.keys(inputs).map(packageFolder));
    for (const folder of folders)
      if (folder !== null) users.set(folder, [...(users.get(folder) ?? []), artefact]);
  }
  const folders = [...users.keys()].toSorted((a, b) => (a < b ? -1 : 1));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', 'bom-ref': 'sotto', name: 'sotto', version } },
    components: folders.map((folder) => componentOf(folder, packages[folder], users.get(folder) ?? [])),
  };
}

function componentOf(
  folder: string,
  locked: LockedPackage | undefined,
  artefacts: readonly string[],
): object {
  if (locked?.version === undefined) throw new Error(`${folder} is bundled and not in package-lock.json`);
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const purl = `pkg:npm/${name.replace('@', '%40')}@${locked.version}`;
  const [algorithm, digest = ''] = locked.integrity?.split('-', 2) ?? [];
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version: locked.version,
    purl,
    ...(algorithm === 'sha512' && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }],
    }),
    ...(locked.license !== undefined && { licenses: [{ expression: locked.license }] }),
    properties: artefacts.map((value) => ({ name: 'sotto:artefact', value })),
  };
}
