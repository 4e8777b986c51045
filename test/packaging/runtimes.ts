import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.join(import.meta.dirname, 'runtimes');

/** One version of Node. */
export interface Runtime {
  readonly version: string;
  readonly node: string; // the path of its program
  /** Gateway, issuer and stickers need `node:sqlite` and run from Node 22.16 on. */
  readonly servesAll: boolean;
  /** Options with which it runs TypeScript sources. */
  readonly options: readonly string[];
}

/** Installs the versions of Node that runtimes/package-lock.json names, unless they are there, and lists them. */
export function runtimes(): Runtime[] {
  const lock = readFileSync(path.join(FOLDER, 'package-lock.json'), 'utf8');
  const { packages } = JSON.parse(lock) as {
    packages: Record<string, { version: string; dependencies?: Record<string, string> }>;
  };
  const names = Object.keys(packages['']?.dependencies ?? {});
  const installed = names.map((name) => versionOf(nodeOf(name)));
  if (names.some((name, i) => installed[i] !== packages[`node_modules/${name}`]?.version)) {
    execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: FOLDER, stdio: 'inherit' });
  }
  return names.map((name) => {
    const version = versionOf(nodeOf(name)) ?? '';
    const [major = 0, minor = 0] = version.split('.').map(Number);
    return {
      version,
      node: nodeOf(name),
      servesAll: major > 22 || (major === 22 && minor >= 16),
      options: major === 22 ? ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'] : [],
    };
  });
}

const nodeOf = (name: string): string => path.join(FOLDER, 'node_modules', name, 'bin/node');

/** Asks the program itself, so that a broken download is found. */
function versionOf(node: string): string | null {
  return existsSync(node)
    ? execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim()
    : null;
}
