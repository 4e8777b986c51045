import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { LockTimeoutError, withFileLock } from '../src/node/file-lock.ts';
import { fileWallet } from '../src/node/file-wallet.ts';

const TIMES = { pollMs: 2, heartbeatMs: 20, staleMs: 200 };
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sotto-lock-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const fresh = (): string => path.join(folder, randomUUID());

describe('file lock', () => {
  test('times out when another holder is alive, however long it holds the lock', async () => {
    const lock = fresh();
    const task = vi.fn<() => Promise<void>>(async () => {});
    await withFileLock(
      lock,
      0,
      async (held) => {
        await expect(withFileLock(lock, 3 * TIMES.staleMs, task, TIMES)).rejects.toThrow(LockTimeoutError);
        expect(await held.isHeld()).toBe(true);
      },
      TIMES,
    );
    expect(task).not.toHaveBeenCalled();
    expect((await readdir(folder)).filter((name) => name.startsWith(path.basename(lock)))).toEqual([]);
  });

  test('is released when the task throws', async () => {
    const lock = fresh();
    const failing = withFileLock(lock, 0, () => Promise.reject(new Error('task')), TIMES);
    await expect(failing).rejects.toThrow('task');
    expect(await withFileLock(lock, 0, async () => 'second', TIMES)).toBe('second');
  });

  test.each([
    ['the PID of a live process', `${process.pid}`],
    ['the PID of another namespace', '1'],
    ['nothing, from a holder that was killed early', ''],
  ])('N29 a stale file with %s is broken after staleMs and not before', async (_name, content) => {
    const lock = fresh();
    await writeFile(lock, content);
    const ahead = Date.now() / 1000 + 3600; // a clock that was ahead makes no difference
    await utimes(lock, ahead, ahead);
    const start = performance.now();
    await withFileLock(lock, 10_000, async () => {}, TIMES);
    expect(performance.now() - start).toBeGreaterThan(TIMES.staleMs);
  });

  test('a guard file of a dead process does not protect a stale lock', async () => {
    const lock = fresh();
    await Promise.all([writeFile(lock, 'gone'), writeFile(`${lock}.guard`, 'gone')]);
    expect(await withFileLock(lock, 10_000, async () => 'broken', TIMES)).toBe('broken');
  });

  test('of twenty processes that wait for a stale lock only one at a time runs', async () => {
    for (let round = 0; round < 5; round++) {
      const lock = fresh();
      await writeFile(lock, 'gone');
      let running = 0;
      let most = 0;
      const task = async (): Promise<void> => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running--;
      };
      const waiting = Array.from({ length: 20 }, () =>
        withFileLock(lock, 20_000, task, { ...TIMES, pollMs: 1 }),
      );
      await Promise.all(waiting);
      expect(most).toBe(1);
    }
  });

  test('a stale lock that another process has replaced meanwhile is not broken', async () => {
    const lock = fresh();
    await writeFile(lock, 'gone');
    const handle = await open(lock, 'r');
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    await handle.close();
    // The first write of this process is that of its guard file, after its first look at the lock.
    const write = vi.spyOn(prototype, 'writeFile').mockImplementationOnce(async () => {
      await rm(lock);
      await writeFile(lock, 'live');
    });
    // A clock of its own, so that a busy machine does not reach the timeout before it sees the stale lock.
    let elapsed = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (elapsed += 10));
    const times = { pollMs: 1, heartbeatMs: 20, staleMs: 1000 };
    await expect(withFileLock(lock, 1500, async () => {}, times)).rejects.toThrow(LockTimeoutError);
    clock.mockRestore();
    expect(write).toHaveBeenCalled();
    write.mockRestore();
    expect(await readFile(lock, 'utf8')).toBe('live');
  });

  test('a holder whose lock was broken while it was suspended notices it, and does not touch the new lock', async () => {
    const lock = fresh();
    const held = await withFileLock(
      lock,
      0,
      async (first) => {
        await rm(lock);
        await writeFile(lock, 'another holder');
        return first.isHeld();
      },
      TIMES,
    );
    expect(held).toBe(false);
    expect(await readdir(folder)).toContain(path.basename(lock));
  });
});

/** A command that starts a process in a PID namespace of its own, where it has the PID 1 as in a container. */
const NAMESPACE = ['unshare', '--pid', '--fork', '--kill-child'];
const hasNamespaces = spawnSync(NAMESPACE[0] ?? '', [...NAMESPACE.slice(1), 'true']).status === 0;

const RIGHT = { twice: [], atLeast59: true, left: 0 };

describe('N57 five processes take 60 tokens at once, one is killed: no token is taken twice', () => {
  test('in one PID namespace', async () => {
    expect(await takeAll([])).toEqual(RIGHT);
  });
  test.skipIf(!hasNamespaces)(
    'N29 each in a PID namespace of its own (skipped without unshare)',
    async () => {
      expect(await takeAll(NAMESPACE)).toEqual(RIGHT);
    },
  );
});

/** @param before - a command, with its first arguments, that starts each process */
async function takeAll(before: readonly string[]) {
  const file = path.join(fresh(), 'wallet');
  await fileWallet(file).update((state) => {
    for (let i = 0; i < 60; i++) {
      state.tokens.push({ service: 's', epoch: 1, issuedAt: 1, token: Uint8Array.of(i) });
    }
  });
  const script = path.join(folder, 'take.mjs');
  await build({
    stdin: {
      contents: `import { createWallet } from './src/index.ts';
        import { fileStore, keyFileSealer } from './src/node/file-wallet.ts';
        const [, , file] = process.argv;
        const times = ${JSON.stringify({ pollMs: 2, heartbeatMs: 100, staleMs: 1500 })};
        const wallet = createWallet(fileStore(file, times), keyFileSealer(file + '.key'));
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
  const start = () =>
    before[0] === undefined
      ? spawn(process.execPath, [script, file])
      : spawn(before[0], [...before.slice(1), process.execPath, script, file]);
  const runs = [1, 2, 3, 4, 5].map(start);
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
  return {
    twice: all.filter((token, i) => all.indexOf(token) !== i),
    atLeast59: all.length >= 59, // the killed process may have taken one more than it printed
    left: await fileWallet(file).update(({ tokens }) => tokens.length),
  };
}
