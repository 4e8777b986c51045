import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** Reads an archive: several named files in one, so that a Worker imports one module. */
export function openArchive(bytes: Uint8Array): Record<string, Uint8Array> {
  const r = new Reader(bytes);
  const files = Object.create(null) as Record<string, Uint8Array>;
  for (let left = r.varint(); left > 0; left--) {
    const name = r.text();
    files[name] = r.slice(r.varint());
  }
  return files;
}

/** Writes an archive: the number of files, then the name, length and bytes of each. */
export function encodeArchive(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const out = new Writer();
  out.varint(files.size);
  for (const [name, bytes] of files) {
    out.text(name);
    out.varint(bytes.length);
    out.raw(bytes);
  }
  return out.bytes;
}
