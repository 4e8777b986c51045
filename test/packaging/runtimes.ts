import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MissingError, npm } from './support/npm.ts';

const FOLDER = path.join(import.meta.dirname, 'runtimes');

/** One version of Node. */
export interface Runtime {
  readonly name: string; // `Node 20.20`, its column in the table
  readonly version: string;
  readonly node: string; // the path of its program
  /** Gateway, issuer and stickers need `node:sqlite` and run from Node 22.16 on. */
  readonly servesAll: boolean;
  /** Options with which it runs TypeScript sources. */
  readonly options: readonly string[];
  /** Why it is not on this machine, or null. */
  readonly missing: string | null;
}

/** The versions of Node that runtimes/package-lock.json names, installed unless they are there. */
export async function runtimes(): Promise<Runtime[]> {
  const lock = readFileSync(path.join(FOLDER, 'package-lock.json'), 'utf8');
  const { packages } = JSON.parse(lock) as {
    packages: Record<string, { version: string; dependencies?: Record<string, string> }>;
  };
  const wanted = Object.keys(packages['']?.dependencies ?? {}).map((name) => ({
    node: path.join(FOLDER, 'node_modules', name, 'bin/node'),
    version: packages[`node_modules/${name}`]?.version ?? '',
  }));
  const missing = await installed(wanted);
  return wanted.map(({ node, version }) => {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    return {
      name: `Node ${major}.${minor}`,
      version,
      node,
      servesAll: major > 22 || (major === 22 && minor >= 16),
      options: major === 22 ? ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'] : [],
      missing,
    };
  });
}

async function installed(
  wanted: readonly { readonly node: string; readonly version: string }[],
): Promise<string | null> {
  if (wanted.every(({ node, version }) => versionOf(node) === version)) return null;
  try {
    await npm(FOLDER, 'ci');
    return null;
  } catch (error) {
    if (error instanceof MissingError) return error.message;
    throw error;
  }
}

/** Asks the program itself, so that a broken download is found. */
function versionOf(node: string): string | null {
  return existsSync(node)
    ? execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim()
    : null;
}
