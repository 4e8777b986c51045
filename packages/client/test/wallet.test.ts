import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fromUtf8, utf8 } from '@sotto/wire';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { emptyState, memoryWallet, createWallet } from '../src/index.ts';
import { withFileLock } from '../src/node/file-lock.ts';
import { fileWallet } from '../src/node/file-wallet.ts';
import { memoryStore } from '../src/wallet/memory.ts';
import { encodeState } from '../src/wallet/state.ts';
import { WALLET_CONTRACT } from './support/wallet-contract.ts';

const CANARY = 'canary-of-a-query';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sotto-wallet-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const fresh = (): string => path.join(folder, randomUUID(), 'wallet');

describe('wallet contract', () => {
  test.each(WALLET_CONTRACT)('in memory: %s', async (_name, row) => {
    const store = memoryStore();
    await expect(row(async () => createWallet(store))).resolves.toBeUndefined();
  });

  test.each(WALLET_CONTRACT)('in a file: %s', async (_name, row) => {
    const file = fresh();
    await expect(row(async () => fileWallet(file))).resolves.toBeUndefined();
  });

  test('a state of another version is refused and not overwritten', async () => {
    const store = memoryStore();
    const other = utf8(fromUtf8(encodeState(emptyState())).replace('"version":2', '"version":3'));
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
    ['file is not a wallet', (file: string) => writeFile(file, 'something else entirely, and longer')],
  ])('%s: it is refused and not overwritten', async (_name, harm) => {
    const file = fresh();
    await fileWallet(file).update((state) => void (state.sequence = 5));
    await harm(file);
    const before = await readFile(file);
    await expect(fileWallet(file).update(() => {})).rejects.toMatchObject({ code: 'wallet-unavailable' });
    expect((await readFile(file)).equals(before)).toBe(true);
  });

  test('the key may be in another folder; both folders are created', async () => {
    const [file, keyFile] = [fresh(), fresh()];
    await fileWallet(file, keyFile).update((state) => void (state.sequence = 5));
    expect(await fileWallet(file, keyFile).update(({ sequence }) => sequence)).toBe(5);
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
    expect((await stat(keyFile)).size).toBe(32);
  });

  test('times out when a live process holds the lock', async () => {
    const lock = path.join(folder, randomUUID());
    await writeFile(lock, `${process.pid}`);
    const task = vi.fn<() => Promise<void>>(async () => {});
    await expect(withFileLock(lock, 30, task)).rejects.toThrow('locked');
    expect(task).not.toHaveBeenCalled();
    expect(await readFile(lock, 'utf8')).toBe(`${process.pid}`);
  });

  test('a lock file without an owner is broken after 10 s and not before', async () => {
    const file = fresh();
    const wallet = fileWallet(file);
    await wallet.update((state) => void (state.sequence = 1));
    const waiting = (async () => {
      await writeFile(`${file}.lock`, '');
      return wallet.update((state) => void (state.sequence = 2));
    })();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await fileWallet(file).update(({ sequence }) => sequence)).toBe(1);
    const before = Date.now() / 1000 - 11;
    await utimes(`${file}.lock`, before, before);
    await waiting;
    expect(await wallet.update(({ sequence }) => sequence)).toBe(2);
  });

  test('a key that was unreadable is read again', async () => {
    const file = fresh();
    await fileWallet(file).update((state) => void (state.sequence = 5));
    const wallet = fileWallet(file);
    await rename(`${file}.key`, `${file}.away`);
    await mkdir(`${file}.key`);
    await expect(wallet.update(() => {})).rejects.toMatchObject({ code: 'wallet-unavailable' });
    await rmdir(`${file}.key`);
    await rename(`${file}.away`, `${file}.key`);
    expect(await wallet.update(({ sequence }) => sequence)).toBe(5);
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

  test('a dead process’s lock is broken, and a live one’s is waited for', async () => {
    const file = fresh();
    const wallet = fileWallet(file);
    await wallet.update((state) => void (state.sequence = 1));
    const gone = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => gone.once('exit', resolve));
    await writeFile(`${file}.lock`, `${gone.pid}`);
    await wallet.update((state) => void (state.sequence = 2));

    await writeFile(`${file}.lock`, `${process.pid}`);
    const waiting = wallet.update((state) => void (state.sequence = 3));
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await fileWallet(file).update(({ sequence }) => sequence)).toBe(2);
    await unlink(`${file}.lock`);
    await waiting;
    expect(await wallet.update(({ sequence }) => sequence)).toBe(3);
    await chmod(file, 0o600);
  });

  test('four processes take 40 tokens at once, one is killed: no token is taken twice', async () => {
    const file = fresh();
    await fileWallet(file).update((state) => {
      for (let i = 0; i < 40; i++) {
        state.tokens.push({ service: 's', epoch: 1, issuedAt: 1, token: Uint8Array.of(i) });
      }
    });
    const script = path.join(folder, 'take.mjs');
    await build({
      stdin: {
        contents: `import { fileWallet } from './src/node/file-wallet.ts';
          const wallet = fileWallet(process.argv[2]);
          for (;;) {
            const n = await wallet.update((state) => state.tokens.shift()?.token[0] ?? null);
            if (n === null) break;
            process.stdout.write(n + '\\n');
          }`,
        resolveDir: path.resolve(import.meta.dirname, '..'),
      },
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    const runs = [1, 2, 3, 4].map(() => spawn(process.execPath, [script, file]));
    let victim = true;
    const taken = await Promise.all(
      runs.map(
        (run, i) =>
          new Promise<string[]>((resolve) => {
            let text = '';
            run.stdout.on('data', (data: Buffer) => {
              text += data.toString();
              if (i === 0 && victim) victim = !run.kill('SIGKILL');
            });
            run.once('close', () => resolve(text.split('\n').filter((line) => line !== '')));
          }),
      ),
    );
    const all = taken.flat();
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThanOrEqual(39); // the one killed may have taken one more than it said
    expect(await fileWallet(file).update(({ tokens }) => tokens.length)).toBe(0);
  });
});

/** Changes one byte. */
async function flip(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  const index = at < 0 ? bytes.length + at : at;
  bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
  await writeFile(file, bytes);
}
