import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { PackedPackage } from '@sotto/release';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** Extracts a tarball as npm does, without its top folder. */
export function extract(tarball: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
}

/**
 * Installs the packages into an empty project without a registry: each tarball is extracted, and its declared
 * dependencies from elsewhere are linked to the repository's.
 */
export function installOffline(project: string, packed: readonly PackedPackage[]): void {
  const modules = path.join(project, 'node_modules');
  const linked = new Set<string>();
  for (const { name, tarball } of packed) {
    const folder = path.join(modules, name);
    extract(tarball, folder);
    const { dependencies } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const one of Object.keys(dependencies)) {
      if (one.startsWith('@sotto/') || linked.has(one)) continue;
      linked.add(one);
      const at = path.join(modules, one);
      mkdirSync(path.dirname(at), { recursive: true });
      symlinkSync(path.join(ROOT, 'node_modules', one), at);
    }
  }
}
