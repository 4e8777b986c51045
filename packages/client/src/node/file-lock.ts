import { open, readFile, stat, unlink } from 'node:fs/promises';

const POLL_MS = 10;
const STALE_LOCK_MS = 600_000; // older locks are treated as abandoned
const STALE_GUARD_MS = 10_000;

/**
 * Runs `task` while no other process holds this lock file. A stale lock is broken under a guard file, so that only
 * one of several waiting processes breaks it.
 *
 * @param timeoutMs - how long to wait for another holder
 * @throws after that time, or if the folder is not writable
 */
export async function withFileLock<T>(path: string, timeoutMs: number, task: () => Promise<T>): Promise<T> {
  const end = performance.now() + timeoutMs;
  while (!(await take(path))) {
    await breakStale(path);
    if (performance.now() > end) throw new Error('locked');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  try {
    return await task();
  } finally {
    await unlink(path).catch(() => {});
  }
}

/** Creates the lock file; false if it exists. */
async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(`${process.pid}`);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function breakStale(path: string): Promise<void> {
  if (!(await isStale(path))) return;
  const guard = `${path}.guard`;
  if (await take(guard)) {
    try {
      if (await isStale(path)) await unlink(path);
    } finally {
      await unlink(guard).catch(() => {});
    }
  } else if ((await age(guard)) > STALE_GUARD_MS) {
    await unlink(guard).catch(() => {});
  }
}

async function isStale(path: string): Promise<boolean> {
  const owner = Number(await readFile(path, 'utf8').catch(() => ''));
  const old = await age(path);
  if (!Number.isInteger(owner) || owner <= 0) return old > STALE_GUARD_MS;
  return old > STALE_LOCK_MS || !isAlive(owner);
}

async function age(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  return found === null ? 0 : Date.now() - found.mtimeMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
