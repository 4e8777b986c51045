import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { concat, Reader, uint, utf8, type Bytes } from '@sotto/wire';
import { walletOver, type Sealer, type Store, type Wallet } from '../wallet/wallet.ts';
import { withFileLock } from './file-lock.ts';

const PATIENCE = 10_000; // milliseconds for another process to finish its write
const MAGIC = utf8('sotto wallet 1\n');

/** One file, replaced by a rename under a lock file beside it; mode 0600. */
export function fileStore(file: string): Store {
  const load: Store['load'] = async () => {
    const bytes = await readFile(file).catch(absent);
    if (bytes === null) return null;
    const r = new Reader(new Uint8Array(bytes));
    if (!Buffer.from(r.opaque(MAGIC.length, 'magic')).equals(MAGIC)) throw new Error('not a wallet');
    return { version: r.uint(8, 'version'), bytes: r.rest() };
  };
  return {
    load,
    async replace(version, bytes) {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      return withFileLock(`${file}.lock`, PATIENCE, async () => {
        if (((await load())?.version ?? 0) !== version) return false;
        await writeDurably(file, concat(MAGIC, uint(8, version + 1), bytes));
        return true;
      });
    },
  };
}

/** Writes beside, flushes, renames, and flushes the folder: after a crash the file is the old one or the new. */
async function writeDurably(file: string, bytes: Bytes): Promise<void> {
  const beside = `${file}.new`; // under the lock, so nobody else's
  await writeFlushed(beside, bytes);
  await rename(beside, file);
  const folder = await open(path.dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeFlushed(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * AES-256-GCM under a key in a file of its own: a copy of the wallet without the key is noise, and deleting
 * 32 bytes deletes every copy (specs/decisions/0015).
 */
export function keyFileSealer(keyFile: string): Sealer {
  let key: Promise<Bytes> | null = null;
  const loaded = (): Promise<Bytes> =>
    (key ??= loadKey(keyFile).catch((error: unknown) => {
      key = null; // asked for again next time
      throw error;
    }));
  return {
    async seal(bytes, version) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', await loaded(), nonce);
      cipher.setAAD(aad(version));
      return concat(nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag());
    },
    async open(bytes, version) {
      const r = new Reader(bytes);
      const nonce = r.opaque(12, 'nonce');
      const ct = r.opaque(r.remaining - 16, 'ct');
      const decipher = createDecipheriv('aes-256-gcm', await loaded(), nonce, { authTagLength: 16 });
      decipher.setAAD(aad(version));
      decipher.setAuthTag(r.rest());
      return concat(decipher.update(ct), decipher.final());
    },
  };
}

const aad = (version: number): Bytes => concat(MAGIC, uint(8, version));

/** Reads the key, or makes it: of two processes that make one at once, the first one's stays. */
async function loadKey(keyFile: string): Promise<Bytes> {
  const kept = await readFile(keyFile).catch(absent);
  if (kept !== null) {
    if (kept.length !== 32) throw new Error('not a key');
    return new Uint8Array(kept);
  }
  await mkdir(path.dirname(keyFile), { recursive: true, mode: 0o700 });
  const beside = `${keyFile}.${randomBytes(8).toString('hex')}.new`;
  await writeFlushed(beside, randomBytes(32));
  try {
    await link(beside, keyFile);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(beside);
  }
  return new Uint8Array(await readFile(keyFile));
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

/**
 * A wallet in a file, safe among processes.
 *
 * @param keyFile - where its key is kept: beside it, unless told
 */
export function fileWallet(file: string, keyFile: string = `${file}.key`): Wallet {
  return walletOver(fileStore(file), keyFileSealer(keyFile));
}
