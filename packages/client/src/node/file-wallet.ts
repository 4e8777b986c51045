import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { concat, Reader, uint, utf8, type Bytes } from '@sotto/wire';
import { createWallet, type WalletSealer, type WalletStore, type Wallet } from '../wallet/wallet.ts';
import { withFileLock } from './file-lock.ts';

const LOCK_WAIT_MS = 10_000; // for another process to finish its write
const MAGIC = utf8('sotto wallet 1\n');

/** A store in one file of mode 0600, replaced by a rename under a lock file beside it. */
export function fileStore(file: string): WalletStore {
  const load: WalletStore['load'] = async () => {
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
      return withFileLock(`${file}.lock`, LOCK_WAIT_MS, async () => {
        if (((await load())?.version ?? 0) !== version) return false;
        await writeDurably(file, concat(MAGIC, uint(8, version + 1), bytes));
        return true;
      });
    },
  };
}

/** Writes a new file, flushes and renames it, and flushes the folder: after a crash the file is either the old or the new one. */
async function writeDurably(file: string, bytes: Bytes): Promise<void> {
  const temporary = `${file}.new`; // only the lock holder writes it
  await writeFlushed(temporary, bytes);
  await rename(temporary, file);
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
 * AES-256-GCM under a key of 32 bytes in a file of its own. A copy of the wallet without the key is useless, and
 * deleting the key makes every copy useless (specs/decisions/0015).
 */
export function keyFileSealer(keyFile: string): WalletSealer {
  let key: Promise<Bytes> | null = null;
  const loaded = (): Promise<Bytes> =>
    (key ??= loadKey(keyFile).catch((error: unknown) => {
      key = null; // try again next time
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

/** Reads the key, or creates it. If two processes create it at once, the first one's is kept. */
async function loadKey(keyFile: string): Promise<Bytes> {
  const stored = await readFile(keyFile).catch(absent);
  if (stored !== null) {
    if (stored.length !== 32) throw new Error('not a key');
    return new Uint8Array(stored);
  }
  await mkdir(path.dirname(keyFile), { recursive: true, mode: 0o700 });
  const temporary = `${keyFile}.${randomBytes(8).toString('hex')}.new`;
  await writeFlushed(temporary, randomBytes(32));
  try {
    await link(temporary, keyFile);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(temporary);
  }
  return new Uint8Array(await readFile(keyFile));
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

/**
 * A wallet in a file. Several processes may use it at once.
 *
 * @param keyFile - of its encryption key; default: `FILE.key`
 */
export function fileWallet(file: string, keyFile: string = `${file}.key`): Wallet {
  return createWallet(fileStore(file), keyFileSealer(keyFile));
}
