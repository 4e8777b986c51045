import { PackError } from './error.ts';

const MAX_ENTRIES = 1000;
const MAX_ENTRY = 8 << 20; // bytes of one file, uncompressed
const MAX_TOTAL = 64 << 20; // bytes of all files, uncompressed
const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const END_LENGTH = 22;
const CENTRAL_LENGTH = 46;
const LOCAL_LENGTH = 30;
const STORED = 0;
const DEFLATED = 8;

/** One file of a ZIP archive. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface Directory {
  readonly name: string;
  readonly method: number;
  readonly compressed: number;
  readonly size: number;
  readonly offset: number;
}

/**
 * Reads the files of a ZIP archive whose names `wants` accepts (PKWARE APPNOTE §4.3). Archives beyond 4 GiB and encrypted
 * files are refused.
 *
 * @throws {PackError} `unreadable`, or `too-large` before more than the limits above is unpacked
 */
export async function readZip(
  bytes: Uint8Array<ArrayBuffer>,
  wants: (name: string) => boolean,
): Promise<ZipEntry[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = readDirectory(view, bytes).filter(({ name }) => wants(name));
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (entries.length > MAX_ENTRIES || total > MAX_TOTAL || entries.some(({ size }) => size > MAX_ENTRY)) {
    throw new PackError('too-large', 'more or larger files than a pack may have');
  }
  const files: ZipEntry[] = [];
  for (const entry of entries) files.push({ name: entry.name, bytes: await unpack(view, bytes, entry) });
  return files;
}

function readDirectory(view: DataView, bytes: Uint8Array): Directory[] {
  let end = bytes.length - END_LENGTH;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  if (end < 0) throw new PackError('unreadable', 'no end of central directory');
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const entries: Directory[] = [];
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_LENGTH > bytes.length || view.getUint32(at, true) !== CENTRAL) {
      throw new PackError('unreadable', `entry ${i} of the central directory`);
    }
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const from = at + CENTRAL_LENGTH;
    entries.push({
      name: new TextDecoder().decode(bytes.subarray(from, from + (nameLength ?? 0))),
      method: view.getUint16(at + 8, true) & 1 ? -1 : view.getUint16(at + 10, true), // bit 0: encrypted
      compressed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    });
    at = from + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return entries;
}

async function unpack(
  view: DataView,
  bytes: Uint8Array<ArrayBuffer>,
  entry: Directory,
): Promise<Uint8Array<ArrayBuffer>> {
  const { offset, compressed, size, method, name } = entry;
  if (offset + LOCAL_LENGTH > bytes.length) throw new PackError('unreadable', name);
  const from = offset + LOCAL_LENGTH + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  const data = bytes.subarray(from, from + compressed);
  if (method === STORED) return data.slice();
  if (method !== DEFLATED) throw new PackError('unreadable', `${name}: compression method ${method}`);
  return inflate(data, size, name);
}

/** Stops as soon as more comes out than the directory promised. */
async function inflate(
  data: Uint8Array<ArrayBuffer>,
  size: number,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array(size);
  const reader = new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  let at = 0;
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      if (at + chunk.value.length > size) throw new PackError('unreadable', `${name} is longer than it says`);
      out.set(chunk.value, at);
      at += chunk.value.length;
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw error instanceof PackError ? error : new PackError('unreadable', name, { cause: error });
  }
  return out.subarray(0, at);
}
