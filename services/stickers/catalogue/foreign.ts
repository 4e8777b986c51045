import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

// Two commands replace a folder as a whole. A person may name the wrong one, so they ask first what else is in it.

/** The first entry of a folder that no release has there, by the folder's list of checksums, or null. */
export function foreignToRelease(folder: string): string | null {
  const files = textIn(folder, 'SHA256SUMS')
    .split('\n')
    .map((line) => line.replace(/^[0-9a-f]{64} {2}/, ''));
  return foreignIn(folder, [...files, 'SHA256SUMS']);
}

/** The first entry of a folder that no catalogue has there, by the folder's manifest, or null. */
export function foreignToCatalogue(folder: string): string | null {
  return foreignIn(folder, [...filesOfManifest(folder), 'manifest.json', '.assetsignore']);
}

function filesOfManifest(folder: string): string[] {
  try {
    return Object.keys((JSON.parse(textIn(folder, 'manifest.json')) as { files?: object }).files ?? {});
  } catch {
    return []; // no catalogue's
  }
}

function foreignIn(folder: string, ours: readonly string[]): string | null {
  if (!existsSync(folder)) return null;
  if (!statSync(folder).isDirectory()) return path.basename(folder);
  const known = new Set(ours.map((name) => name.split('/')[0]));
  return (
    readdirSync(folder)
      .toSorted()
      .find((name) => !known.has(name)) ?? null
  );
}

function textIn(folder: string, name: string): string {
  const file = path.join(folder, name);
  return existsSync(file) && statSync(file).isFile() ? readFileSync(file, 'utf8') : '';
}
