import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { stage, type StagedPackage } from './stage.ts';

/** A packed package. */
export interface PackedPackage extends StagedPackage {
  readonly tarball: string; // absolute path
  readonly files: readonly string[];
  readonly size: number; // bytes
  readonly integrity: string;
}

interface NpmPack {
  readonly name: string;
  readonly filename: string;
  readonly size: number;
  readonly integrity: string;
  readonly files: readonly { readonly path: string }[];
}

/**
 * Builds every published package and packs it with npm. npm writes neither times nor users into a tarball and sorts its
 * files, so the same sources give the same bytes.
 *
 * @param out - folder for the tarballs; `staged` in it has their content. It is replaced
 */
export async function pack(out: string): Promise<PackedPackage[]> {
  rmSync(out, { recursive: true, force: true });
  const staged = await stage(path.join(out, 'staged'));
  const packs = npmPack(
    out,
    staged.map(({ folder }) => folder),
  );
  return staged.map((one) => {
    const { filename, files, size, integrity } = packs.get(one.name)!;
    const paths = files.map((file) => file.path);
    return { ...one, tarball: path.join(out, filename), files: paths, size, integrity };
  });
}

function npmPack(out: string, folders: readonly string[]): Map<string, NpmPack> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', out, ...folders];
  const output = execFileSync('npm', args, {
    cwd: out,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const packs = Object.values(JSON.parse(output) as NpmPack[] | Record<string, NpmPack>);
  return new Map(packs.map((one) => [one.name, one]));
}
