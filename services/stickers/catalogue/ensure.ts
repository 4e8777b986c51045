import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { BUILT, buildCatalogue } from './build.ts';
import type { Manifest } from './files.ts';
import { stampOf } from './stamp.ts';

/**
 * Builds the catalogue if it is missing, or if its sources have changed, with the languages and packs that
 * were chosen for the existing one.
 */
export async function ensureCatalogue(
  progress: (line: string) => void = () => {},
  out: string = BUILT,
): Promise<void> {
  const file = path.join(out, 'manifest.json');
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Manifest>) : null;
  const packs = before?.choice?.packs?.map((pack) => path.resolve(out, pack));
  const stamp = stampOf(packs);
  if (before?.stamp === stamp) return;
  await buildCatalogue({ ...before?.choice, ...(packs && { packs }), out, progress, stamp });
}

/** For a test runner's global set-up. */
export default async function setup(): Promise<void> {
  await ensureCatalogue();
}
