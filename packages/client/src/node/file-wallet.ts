import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { concat, equalBytes, Reader, uint, utf8, type Bytes } from '@sotto/wire';
import { UnreadableWalletError } from '../wallet/state.ts';
import { createWallet, type Wallet, type WalletSealer, type WalletStore } from '../wallet/wallet.ts';
import { withFileLock, type FileLock, type LockTimes } from './file-lock.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

const LOCK_WAIT_MS = 20_000; // for another process to finish its write, or for its stale lock to be broken
const MAGIC = utf8('sotto wallet 1\n');
const VERSION_LENGTH = 8; // bytes
const KEY_LENGTH = 32; // bytes

/** A store in one file of mode 0600, replaced by a rename under a lock file beside it. */
export function fileStore(file: string, lockTimes?: LockTimes): WalletStore {
  const locked = <T>(task: (lock: FileLock) => Promise<T>): Promise<T> =>
    withFileLock(`${file}.lock`, LOCK_WAIT_MS, task, lockTimes);
  let loaded: Bytes | null = null;
  const load: WalletStore['load'] = async () => {
    loaded = await readPrivateFile(file);
    return loaded === null ? null : parseFile(loaded);
  };
  return {
    load,
    async replace(version, bytes) {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      return locked(async (lock) => {
        if (((await load())?.version ?? 0) !== version) return false;
        const temporary = `${file}.new`; // only the lock holder writes it
        try {
          await writePrivateFile(temporary, concat(MAGIC, uint(VERSION_LENGTH, version + 1), bytes));
          if (!(await lock.isHeld())) return false; // this process was suspended for too long
          await rename(temporary, file);
        } catch (error) {
          if (await lock.isHeld()) await unlink(temporary).catch(() => {});
          throw error;
        }
        await syncFolder(path.dirname(file));
        return true;
      });
    },
    async discard() {
      const unreadable = loaded;
      await locked(async () => {
        const stored = await readPrivateFile(file);
        if (stored === null || unreadable === null || !equalBytes(stored, unreadable)) return;
        await rename(file, `${file}.unreadable`);
      });
    },
  };
}

/** @throws {UnreadableWalletError} if the file was cut off @throws if it is not a wallet at all */
function parseFile(bytes: Bytes): { readonly version: number; readonly bytes: Bytes } {
  const head = bytes.subarray(0, MAGIC.length);
  if (!equalBytes(head, MAGIC.subarray(0, head.length))) throw new Error('not a wallet');
  if (bytes.length < MAGIC.length + VERSION_LENGTH) throw new UnreadableWalletError('the wallet was cut off');
  const r = new Reader(bytes.subarray(MAGIC.length));
  return { version: r.uint(VERSION_LENGTH, 'version'), bytes: r.rest() };
}

/** Makes a rename durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
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
  return {
    async seal(bytes, version) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', await loadKey(keyFile), nonce);
      cipher.setAAD(aad(version));
      return concat(nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag());
    },
    async open(bytes, version) {
      const key = await loadKey(keyFile);
      try {
        return decrypt(key, bytes, version);
      } catch {
        throw new UnreadableWalletError('the wallet was not sealed under this key');
      }
    },
  };
}

function decrypt(key: Bytes, bytes: Bytes, version: number): Bytes {
  const r = new Reader(bytes);
  const nonce = r.opaque(12, 'nonce');
  const ct = r.opaque(r.remaining - 16, 'ct');
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  decipher.setAAD(aad(version));
  decipher.setAuthTag(r.rest());
  return concat(decipher.update(ct), decipher.final());
}

const aad = (version: number): Bytes => concat(MAGIC, uint(VERSION_LENGTH, version));

/** Reads the key, or creates it. If two processes create it at once, the first one's is kept. */
async function loadKey(keyFile: string): Promise<Bytes> {
  const stored = await readPrivateFile(keyFile);
  if (stored?.length === KEY_LENGTH) return stored;
  if (stored !== null) await rename(keyFile, `${keyFile}.unreadable`);
  await mkdir(path.dirname(keyFile), { recursive: true, mode: 0o700 });
  const temporary = `${keyFile}.${randomBytes(8).toString('hex')}.new`;
  try {
    await writePrivateFile(temporary, randomBytes(KEY_LENGTH));
    await link(temporary, keyFile);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(temporary).catch(() => {});
  }
  const created = await readPrivateFile(keyFile);
  if (created?.length !== KEY_LENGTH) throw new Error('the key file was replaced');
  return created;
}

/**
 * A wallet in a file. Several processes may use it at once.
 *
 * @param keyFile - of its encryption key; default: `FILE.key`
 */
export function fileWallet(file: string, keyFile: string = `${file}.key`): Wallet {
  return createWallet(fileStore(file), keyFileSealer(keyFile));
}
