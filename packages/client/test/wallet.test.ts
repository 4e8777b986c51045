import { randomUUID } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fromUtf8, utf8 } from '@sotto/wire';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { failingDisk } from '../../../test/support/failing-disk.ts';
import { createWallet, emptyState, memoryWallet } from '../src/index.ts';
import { fileStore, fileWallet, keyFileSealer } from '../src/node/file-wallet.ts';
import { memoryStore } from '../src/wallet/memory.ts';
import { encodeState } from '../src/wallet/state.ts';
import { VOUCHER_CONTRACT } from './support/voucher-contract.ts';
import { WALLET_CONTRACT } from './support/wallet-contract.ts';

const CONTRACT = [...WALLET_CONTRACT, ...VOUCHER_CONTRACT];

const CANARY = 'canary-of-a-query';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sotto-wallet-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const fresh = (): string => path.join(folder, randomUUID(), 'wallet');

describe('wallet contract', () => {
  test.each(CONTRACT)('in memory: %s', async (_name, row) => {
    const store = memoryStore();
    await expect(row(async () => createWallet(store))).resolves.toBeUndefined();
  });

  test.each(CONTRACT)('in a file: %s', async (_name, row) => {
    const file = fresh();
    await expect(row(async () => fileWallet(file))).resolves.toBeUndefined();
  });

  test('a state of another version is refused and not overwritten', async () => {
    const store = memoryStore();
    const other = utf8(fromUtf8(encodeState(emptyState())).replace('"version":3', '"version":4'));
    await store.replace(0, other);
    const wallet = createWallet(store);
    await expect(wallet.update(() => {})).rejects.toMatchObject({ code: 'wallet-unavailable' });
    expect(await store.load()).toEqual({ version: 1, bytes: other });
  });

  test('two memory wallets share nothing', async () => {
    await memoryWallet().update((state) => void (state.sequence = 5));
    expect(await memoryWallet().update(({ sequence }) => sequence)).toBe(-1);
  });
});

describe('file wallet', () => {
  test('has mode 0600 and is unreadable without its key', async () => {
    const file = fresh();
    await fileWallet(file).update((state) => {
      state.schedules[CANARY] = { epoch: 1, dueAt: 2, left: 3 };
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(`${file}.key`)).mode & 0o777).toBe(0o600);
    expect((await stat(`${file}.key`)).size).toBe(32);
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
    expect((await readFile(file)).includes(CANARY)).toBe(false);
    expect(await readdir(path.dirname(file))).toEqual(['wallet', 'wallet.key']);
  });

  test.each([
    ['key is missing', (file: string) => unlink(`${file}.key`)],
    ['key is another one', (file: string) => writeFile(`${file}.key`, new Uint8Array(32))],
    ['a byte is changed', async (file: string) => flip(file, -1)],
    ['version is lower', async (file: string) => flip(file, 22)],
    ['file is truncated', async (file: string) => writeFile(file, (await readFile(file)).subarray(0, 30))],
    ['file is empty', (file: string) => writeFile(file, '')],
    ['key is truncated', (file: string) => writeFile(`${file}.key`, new Uint8Array(31))],
  ])('N53 %s: an empty wallet replaces it, and the error says so', async (_name, harm) => {
    const file = fresh();
    await fileWallet(file).update((state) => void (state.sequence = 5));
    await harm(file);
    const before = await readFile(file);
    const wallet = fileWallet(file);
    await expect(wallet.update(() => {})).rejects.toMatchObject({ code: 'wallet-replaced' });
    expect((await readFile(`${file}.unreadable`)).equals(before)).toBe(true);
    expect(await wallet.update(({ sequence }) => sequence)).toBe(-1);
    await wallet.update((state) => void (state.sequence = 6));
    expect(await fileWallet(file).update(({ sequence }) => sequence)).toBe(6);
  });

  test('a file that is not a wallet is refused and not overwritten', async () => {
    const file = fresh();
    await mkdir(path.dirname(file));
    await writeFile(file, 'something else entirely, and longer', { mode: 0o600 });
    await expect(fileWallet(file).update(() => {})).rejects.toMatchObject({ code: 'wallet-unavailable' });
    expect(await readFile(file, 'utf8')).toBe('something else entirely, and longer');
  });

  test('N53 wallet and key deleted under a live client: the next update starts an empty wallet', async () => {
    const file = fresh();
    const wallet = fileWallet(file);
    await wallet.update((state) => void (state.sequence = 5));
    await Promise.all([unlink(file), unlink(`${file}.key`)]);
    await wallet.update((state) => void state.sequence++);
    expect(await fileWallet(file).update(({ sequence }) => sequence)).toBe(0);
  });

  test('a state of a version before the first release is replaced', async () => {
    const file = fresh();
    const sealer = keyFileSealer(`${file}.key`);
    const older = utf8(fromUtf8(encodeState(emptyState())).replace('"version":3', '"version":2'));
    await fileStore(file).replace(0, await sealer.seal(older, 1));
    await expect(fileWallet(file).update(() => {})).rejects.toMatchObject({ code: 'wallet-replaced' });
    expect(await fileWallet(file).update(({ sequence }) => sequence)).toBe(-1);
  });

  test('N66 a symbolic link at FILE.new is not followed', async () => {
    const file = fresh();
    const victim = path.join(folder, randomUUID());
    await writeFile(victim, 'untouched');
    await mkdir(path.dirname(file));
    await symlink(victim, `${file}.new`);
    await fileWallet(file).update((state) => void (state.sequence = 5));
    expect(await readFile(victim, 'utf8')).toBe('untouched');
    expect((await lstat(file)).isFile()).toBe(true);
  });

  test.each([
    ['a key of mode 0666', (file: string) => chmod(`${file}.key`, 0o666)],
    ['a key of mode 0640', (file: string) => chmod(`${file}.key`, 0o640)],
    ['a wallet of mode 0604', (file: string) => chmod(file, 0o604)],
    ['a link in place of the key', (file: string) => linkInPlace(`${file}.key`)],
    ['a link in place of the wallet', (file: string) => linkInPlace(file)],
  ])('N66 %s throws wallet-unsafe', async (_name, harm) => {
    const file = fresh();
    await fileWallet(file).update((state) => void (state.sequence = 5));
    await harm(file);
    await expect(fileWallet(file).update(() => {})).rejects.toMatchObject({ code: 'wallet-unsafe' });
  });

  test.skipIf(process.getuid?.() !== 0)(
    'N66 a key of another user throws wallet-unsafe (only root can make one)',
    async () => {
      const file = fresh();
      await fileWallet(file).update((state) => void (state.sequence = 5));
      await chown(`${file}.key`, 12_345, 12_345);
      await expect(fileWallet(file).update(() => {})).rejects.toMatchObject({ code: 'wallet-unsafe' });
    },
  );

  test('the new file is flushed before it is renamed, and the folder after', async () => {
    const file = fresh();
    const wallet = fileWallet(file);
    await wallet.update((state) => void (state.sequence = 1));
    const old = (await stat(file)).ino;
    const flushed: { readonly ino: number; readonly folder: boolean; readonly stored: number }[] = [];
    const handle = await open(file, 'r');
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    await handle.close();
    const sync = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: typeof handle) {
      const found = await this.stat();
      flushed.push({ ino: found.ino, folder: found.isDirectory(), stored: (await stat(file)).ino });
    });
    await wallet.update((state) => void (state.sequence = 2));
    sync.mockRestore();
    const { ino } = await stat(file);
    const directory = (await stat(path.dirname(file))).ino;
    expect(flushed).toEqual([
      { ino, folder: false, stored: old },
      { ino: directory, folder: true, stored: ino },
    ]);
  });

  test('the key may be in another folder; both folders are created', async () => {
    const [file, keyFile] = [fresh(), fresh()];
    await fileWallet(file, keyFile).update((state) => void (state.sequence = 5));
    expect(await fileWallet(file, keyFile).update(({ sequence }) => sequence)).toBe(5);
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
    expect((await stat(keyFile)).size).toBe(32);
  });

  test('a key that was unreadable is read again', async () => {
    const file = fresh();
    await fileWallet(file).update((state) => void (state.sequence = 5));
    const wallet = fileWallet(file);
    await rename(`${file}.key`, `${file}.away`);
    await mkdir(`${file}.key`);
    await expect(wallet.update(() => {})).rejects.toMatchObject({ code: 'wallet-unsafe' });
    await rmdir(`${file}.key`);
    await rename(`${file}.away`, `${file}.key`);
    expect(await wallet.update(({ sequence }) => sequence)).toBe(5);
  });

  test.each(['write', 'sync'] as const)(
    'when the %s fails, the old file is whole and no draft is left',
    async (operation) => {
      const file = fresh();
      const store = fileStore(file);
      await store.replace(0, utf8('the old state'));
      await failingDisk(operation);
      await expect(store.replace(1, utf8('the new state'))).rejects.toThrow('ENOSPC');
      expect(await store.load()).toEqual({ version: 1, bytes: utf8('the old state') });
      expect(await readdir(path.dirname(file))).toEqual(['wallet']);
      await expect(keyFileSealer(`${file}.key`).seal(utf8('state'), 1)).rejects.toThrow('ENOSPC');
      expect(await readdir(path.dirname(file))).toEqual(['wallet']);
    },
  );

  test('when the rename fails, no draft is left', async () => {
    const file = fresh();
    await failingDisk('sync', () => mkdir(file)); // a folder in the way of the rename
    await expect(fileStore(file).replace(0, utf8('state'))).rejects.toThrow(/rename/);
    expect(await readdir(path.dirname(file))).toEqual(['wallet']);
  });

  test('when a write fails after another process broke the lock, the draft of that process is left', async () => {
    const file = fresh();
    await failingDisk('sync', async () => {
      await writeFile(`${file}.lock`, 'held by another process');
      await writeFile(`${file}.new`, 'the draft of another process');
      throw new Error('the disk is full');
    });
    await expect(fileStore(file).replace(0, utf8('state'))).rejects.toThrow('the disk is full');
    expect(await readFile(`${file}.new`, 'utf8')).toBe('the draft of another process');
  });

  test('a folder that cannot be created throws wallet-unavailable without its path', async () => {
    const file = fresh();
    await fileWallet(file).update((state) => void (state.sequence = 1));
    const error = await fileWallet(path.join(file, 'under', 'a-file'))
      .update((state) => void (state.sequence = 1))
      .catch((caught: unknown) => caught as Error);
    expect(error).toMatchObject({ code: 'wallet-unavailable' });
    expect(`${String(error)}${JSON.stringify(error)}`).not.toContain('a-file');
  });
});

/** Changes one byte. */
async function flip(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  const index = at < 0 ? bytes.length + at : at;
  bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
  await writeFile(file, bytes);
}

/** Moves a file away and puts a symbolic link to it in its place. */
async function linkInPlace(file: string): Promise<void> {
  await rename(file, `${file}.moved`);
  await symlink(`${file}.moved`, file);
}
