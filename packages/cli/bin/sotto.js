#!/usr/bin/env node
// Runs on any Node from 20 on. In a checkout the command is built from its sources when they are newer.
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL, fileURLToPath } from 'node:url';

const HOME = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const PACKAGES = path.resolve(HOME, '..');
const BUILT = path.join(HOME, 'dist/sotto.js');
const SOURCES = ['wire', 'bhttp', 'ohttp', 'voprf', 'privacypass', 'bundle', 'client', 'service', 'cli'];

/** When anything under a folder last changed, in milliseconds; 0 when it is not there. */
async function changed(folder) {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const own = await stat(folder).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  const times = entries.map((entry) => {
    const at = path.join(folder, entry.name);
    return entry.isDirectory() ? changed(at) : stat(at).then(({ mtimeMs }) => mtimeMs);
  });
  return Math.max(own, ...(await Promise.all(times)));
}

/** Builds beside and renames, so that two that build at once do not disturb each other. */
async function build() {
  const { build: bundle } = await import('esbuild');
  const began = new Date();
  const beside = `${BUILT}.${process.pid}.js`;
  try {
    await bundle({
      entryPoints: [path.join(HOME, 'src/main.ts')],
      outfile: beside,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'silent',
    });
    await utimes(beside, began, began); // what changes while we build is newer
    await rename(beside, BUILT);
  } finally {
    await rm(beside, { force: true });
  }
}

try {
  const newest = Math.max(
    ...(await Promise.all(SOURCES.map((name) => changed(path.join(PACKAGES, name, 'src'))))),
  );
  const built = await stat(BUILT).catch(() => null);
  if (built === null || newest > built.mtimeMs) await build();
  await import(pathToFileURL(BUILT).href);
} catch (error) {
  process.stderr.write(`sotto: cannot be built: ${String(error?.message ?? error).split('\n')[0]}\n`);
  process.exitCode = 1;
}
