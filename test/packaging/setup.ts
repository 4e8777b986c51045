import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { pack } from '@sotto/release';
import { prepare } from '../../services/local/src/prepare.ts';
import { serveRegistry } from './support/registry.ts';
import { npmStart, type LocalSuite } from './support/suite.ts';

declare module 'vitest' {
  interface ProvidedContext {
    suite: LocalSuite;
    registry: string;
    tarballs: { name: string; tarball: string }[];
  }
}

/** Runs once before all tests: packs the packages, serves them as a registry, and runs `npm start`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await prepare((line) => console.log(line));
  const folder = await mkdtemp(path.join(tmpdir(), 'sotto-tarballs-'));
  const packed = await pack(path.join(folder, 'npm'));
  const registry = await serveRegistry(packed);
  const { suite, stop } = await npmStart();
  project.provide('suite', suite);
  project.provide('registry', registry.url);
  project.provide(
    'tarballs',
    packed.map(({ name, tarball }) => ({ name, tarball })),
  );
  return async () => {
    await stop();
    registry.close();
    await rm(folder, { recursive: true, force: true });
  };
}
