import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

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

/**
 * The first entry of a folder that is none of these files and in none of their folders, or null. A command that replaces a whole
 * folder asks this first, because a person may have named the wrong one.
 */
export function foreignIn(folder: string, ours: readonly string[]): string | null {
  if (!existsSync(folder)) return null;
  if (!statSync(folder).isDirectory()) return path.basename(folder);
  const known = new Set(ours.map((name) => name.split('/')[0]));
  return (
    readdirSync(folder)
      .toSorted()
      .find((name) => !known.has(name)) ?? null
  );
}

/** The text of a file of a folder, or none if it is not there. */
export function textIn(folder: string, name: string): string {
  const file = path.join(folder, name);
  return existsSync(file) && statSync(file).isFile() ? readFileSync(file, 'utf8') : '';
}
