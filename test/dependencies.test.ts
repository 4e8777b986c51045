import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
}
interface Lock {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, Locked>>;
}
interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): unknown => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
const lock = read('package-lock.json') as Lock;
const manifest = read('package.json') as Manifest;
const HOMES = /^(packages|services)\/[a-z-]+$/;

const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;

/** The faults of a tree of dependencies, one line each; none for a sound one. */
function faults({ packages }: Lock, { allowScripts = {} }: Manifest): string[] {
  return Object.entries(packages).flatMap(([at, one]) => {
    if (at === '' || one.link === true || HOMES.test(at)) return [];
    const name = at.split('node_modules/').at(-1) ?? at;
    const said = [];
    if (!SHA512.test(one.integrity ?? '') && one.inBundle !== true)
      said.push(`${at}: no sha512 of its content`);
    // Without `resolved` npm uses the configured registry.
    if (one.resolved !== undefined && !one.resolved.startsWith('https://registry.npmjs.org/')) {
      said.push(`${at}: not from the registry`);
    }
    if (one.hasInstallScript === true && allowScripts[name] !== false) said.push(`${at}: an install script`);
    return said;
  });
}

describe('X08 the dependency tree', () => {
  test('X08 every package is named by the hash of its content and comes from one registry', () => {
    expect(lock.lockfileVersion).toBe(3);
    expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
    expect(faults(lock, manifest)).toEqual([]);
  });

  test('X08 no install script may run: the existing ones are listed by name and turned off', () => {
    const scripted = Object.entries(lock.packages).filter(([, one]) => one.hasInstallScript === true);
    const names = scripted.map(([at]) => at.split('node_modules/').at(-1) ?? at);
    expect([...new Set(names)].toSorted()).toEqual(Object.keys(manifest.allowScripts ?? {}).toSorted());
    expect(Object.values(manifest.allowScripts ?? {})).toEqual(names.map(() => false));
  });

  test('X08 a new install script, a missing hash and another source are each detected', () => {
    const spoil = (at: string, change: Locked): string[] => {
      const one = { ...lock.packages[at], ...change };
      return faults({ ...lock, packages: { ...lock.packages, [at]: one } }, manifest);
    };
    expect(spoil('node_modules/hono', { hasInstallScript: true })).toEqual([
      'node_modules/hono: an install script',
    ]);
    expect(spoil('node_modules/hono', { integrity: '' })).toEqual([
      'node_modules/hono: no sha512 of its content',
    ]);
    expect(spoil('node_modules/hono', { resolved: 'https://elsewhere.example/hono.tgz' })).toEqual([
      'node_modules/hono: not from the registry',
    ]);
  });

  test('X08 every required version is exact', () => {
    const homes = Object.keys(lock.packages).filter((at) => HOMES.test(at));
    expect(homes.length).toBeGreaterThan(10);
    const asked = ['.', ...homes].flatMap((home) => {
      const { dependencies = {}, devDependencies = {} } = read(`${home}/package.json`) as Manifest;
      return Object.entries({ ...dependencies, ...devDependencies }).map(
        ([name, version]) => `${name} ${version}`,
      );
    });
    expect(asked.filter((one) => !/^@sotto\/| \d+\.\d+\.\d+(-[\w.]+)?$/.test(one))).toEqual([]);
  });

  test('X08 nothing of ours runs when it is installed', () => {
    const homes = ['.', ...Object.keys(lock.packages).filter((at) => HOMES.test(at))];
    const scripts = homes.flatMap((home) =>
      Object.keys((read(`${home}/package.json`) as Manifest).scripts ?? {}),
    );
    expect(
      scripts.filter((name) => /^((pre|post)?(install|prepare|publish)|(pre|post)pack)/.test(name)),
    ).toEqual([]);
  });
});
