import { randomBytes } from 'node:crypto';
import { lstat, open, readFile, unlink, type FileHandle } from 'node:fs/promises';

/** Times of a file lock, in milliseconds. */
export interface LockTimes {
  /** How often a waiting process looks at the lock. */
  readonly pollMs: number;
  /** How often the holder touches its lock file. */
  readonly heartbeatMs: number;
  /** A lock file that is unchanged for this long, as a waiting process observes it, is stale. */
  readonly staleMs: number;
}

const TIMES: LockTimes = { pollMs: 10, heartbeatMs: 1000, staleMs: 10_000 };

/** Another process holds the lock. */
export class LockTimeoutError extends Error {}

/**
 * Runs `task` while no other process holds this lock file.
 *
 * The holder touches the file every second. A waiting process that sees no change for ten seconds of its own
 * monotonic clock treats the lock as stale and breaks it. No process id is involved, so that the lock works between
 * containers and after a restart, and no clock is compared with another (specs/decisions/0027).
 *
 * @param timeoutMs - how long to wait for another holder
 * @throws {LockTimeoutError} after that time
 * @throws if the folder is not writable
 */
export async function withFileLock<T>(
  path: string,
  timeoutMs: number,
  task: (lock: FileLock) => Promise<T>,
  times: LockTimes = TIMES,
): Promise<T> {
  const lock = await acquire(path, timeoutMs, times);
  try {
    return await task(lock);
  } finally {
    await lock.release();
  }
}

/** A lock that is held. */
export class FileLock {
  readonly #path: string;
  readonly #token: string;
  readonly #file: FileHandle;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(path: string, token: string, file: FileHandle, heartbeatMs: number) {
    this.#path = path;
    this.#token = token;
    this.#file = file;
    this.#heartbeat = setInterval(() => void this.#touch(), heartbeatMs);
    this.#heartbeat.unref();
  }

  /** Whether the lock file is still this holder's. False after a suspension during which another process broke it. */
  async isHeld(): Promise<boolean> {
    return (await readFile(this.#path, 'utf8').catch(() => '')) === this.#token;
  }

  async release(): Promise<void> {
    clearInterval(this.#heartbeat);
    if (await this.isHeld()) await unlink(this.#path).catch(() => {});
    await this.#file.close().catch(() => {});
  }

  /** Touches the holder's own file, even if another file has replaced it at the path. */
  async #touch(): Promise<void> {
    const now = new Date();
    await this.#file.utimes(now, now).catch(() => {});
  }
}

async function acquire(path: string, timeoutMs: number, times: LockTimes): Promise<FileLock> {
  const end = performance.now() + timeoutMs;
  const lockFile = new Observation(path, times.staleMs);
  const guardFile = new Observation(`${path}.guard`, times.staleMs);
  for (;;) {
    const lock = await create(path, times.heartbeatMs);
    if (lock !== null) return lock;
    if (await lockFile.isStale()) await breakStale(lockFile, guardFile, times.heartbeatMs);
    if (performance.now() > end) throw new LockTimeoutError('another process holds the lock');
    await new Promise((resolve) => setTimeout(resolve, times.pollMs));
  }
}

/** Creates the lock file; null if it exists. It does not follow a symbolic link. */
async function create(path: string, heartbeatMs: number): Promise<FileLock | null> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  }
  const token = randomBytes(16).toString('hex');
  try {
    await file.writeFile(token);
  } catch (error) {
    await unlink(path).catch(() => {});
    await file.close();
    throw error;
  }
  return new FileLock(path, token, file, heartbeatMs);
}

/** How long this process has seen a file without a change. */
class Observation {
  readonly path: string;
  readonly #staleMs: number;
  #identity = '';
  #since = 0;

  constructor(path: string, staleMs: number) {
    this.path = path;
    this.#staleMs = staleMs;
  }

  async isStale(): Promise<boolean> {
    const identity = await identityOf(this.path);
    const now = performance.now();
    if (identity !== this.#identity) {
      this.#identity = identity;
      this.#since = now;
    }
    return identity !== '' && now - this.#since > this.#staleMs;
  }
}

/** Changes when a lock file is touched or replaced; empty if there is none. */
async function identityOf(path: string): Promise<string> {
  const found = await lstat(path, { bigint: true }).catch(() => null);
  return found === null ? '' : `${found.ino} ${found.mtimeNs} ${found.ctimeNs}`;
}

/**
 * Removes a stale lock file under a guard file, so that only one of several waiting processes does it. The second look
 * under the guard makes sure that the file is still the one that was seen.
 */
async function breakStale(lockFile: Observation, guardFile: Observation, heartbeatMs: number): Promise<void> {
  const guard = await create(guardFile.path, heartbeatMs);
  if (guard === null) {
    if (await guardFile.isStale()) await unlink(guardFile.path).catch(() => {});
    return;
  }
  try {
    if (await lockFile.isStale()) await unlink(lockFile.path).catch(() => {});
  } finally {
    await guard.release();
  }
}
