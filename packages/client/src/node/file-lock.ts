import { open, readFile, stat, unlink } from 'node:fs/promises';

const PAUSE = 10; // milliseconds
const ABANDONED = 600_000; // milliseconds: no lock is held this long by the living
const GUARD_ABANDONED = 10_000; // milliseconds

/**
 * Runs `task` while no other process holds this lock file. A lock whose owner died is broken, under a guard, so
 * that of those who find it dead only one breaks it.
 *
 * @param patience - milliseconds to wait
 * @throws when it is not had in that time, or the folder cannot be written
 */
export async function withFileLock<T>(path: string, patience: number, task: () => Promise<T>): Promise<T> {
  const end = performance.now() + patience;
  while (!(await take(path))) {
    await breakDead(path);
    if (performance.now() > end) throw new Error('locked');
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  try {
    return await task();
  } finally {
    await unlink(path).catch(() => {});
  }
}

/** Creates the file, which only one can. */
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

async function breakDead(path: string): Promise<void> {
  if (!(await isDead(path))) return;
  const guard = `${path}.guard`;
  if (await take(guard)) {
    try {
      if (await isDead(path)) await unlink(path);
    } finally {
      await unlink(guard).catch(() => {});
    }
  } else if ((await age(guard)) > GUARD_ABANDONED) {
    await unlink(guard).catch(() => {});
  }
}

async function isDead(path: string): Promise<boolean> {
  const owner = Number(await readFile(path, 'utf8').catch(() => ''));
  const old = await age(path);
  if (!Number.isInteger(owner) || owner <= 0) return old > GUARD_ABANDONED;
  return old > ABANDONED || !isAlive(owner);
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
