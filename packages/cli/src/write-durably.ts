import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Replaces a file as a whole. If that fails, the file is as it was and no draft is left beside it. */
export async function writeDurably(file: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
  const parent = path.dirname(file);
  await mkdir(parent, { recursive: true });
  const draft = `${file}.new`;
  try {
    await writeAndFlush(draft, bytes, mode);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
  await flushFolder(parent);
  await flushFolder(path.dirname(parent)); // the parent folder may be new in it
}

async function writeAndFlush(file: string, bytes: Uint8Array, mode: number): Promise<void> {
  const handle = await open(file, 'w', mode);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes names in a folder durable. Windows cannot open folders, and needs no flush for this. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
