import { constants, open, unlink, type FileHandle } from 'node:fs/promises';
import { ClientError } from '../error.ts';

const { O_RDONLY, O_NOFOLLOW } = constants; // Windows has no O_NOFOLLOW, and there it adds nothing

/**
 * Reads a file that must belong to this user alone: a regular file, not a symbolic link, without any permission for
 * others. Windows has no such permissions, and there the check is left out.
 *
 * @returns null if there is no file
 * @throws {ClientError} `wallet-unsafe`
 */
export async function readPrivateFile(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const file = await open(path, O_RDONLY | O_NOFOLLOW).catch(openError);
  if (file === null) return null;
  try {
    await checkPrivate(file);
    return new Uint8Array(await file.readFile());
  } finally {
    await file.close();
  }
}

/** Writes a new file of mode 0600 and flushes it. A file or a symbolic link at this path is removed first. */
export async function writePrivateFile(path: string, bytes: Uint8Array): Promise<void> {
  await unlink(path).catch(() => {});
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

function openError(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  if (error.code === 'ELOOP') throw new ClientError('wallet-unsafe');
  throw error;
}

async function checkPrivate(file: FileHandle): Promise<void> {
  const found = await file.stat();
  const uid = process.getuid?.();
  if (uid === undefined) return;
  const safe = found.isFile() && found.uid === uid && (found.mode & 0o077) === 0;
  if (!safe) throw new ClientError('wallet-unsafe');
}
