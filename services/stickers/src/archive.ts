import { Cursor } from './engine/cursor.ts';

/** Several named files in one, so that a Worker imports one module: count, then name, length and bytes of each. */
export function openArchive(bytes: Uint8Array): Record<string, Uint8Array> {
  const r = new Cursor(bytes);
  const files = Object.create(null) as Record<string, Uint8Array>;
  for (let left = r.varint(); left > 0; left--) {
    const name = r.text();
    files[name] = r.slice(r.varint());
  }
  return files;
}
