import { chmod, chown, mkdir, open, readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../command.ts';
import type { Owner } from './compose.ts';
import type { PlannedFile } from './settings.ts';

const SECRET = 0o600;

/** The contents of a new folder. */
export interface PlannedFolder {
  readonly files: readonly PlannedFile[];
  /** Empty folders, for the stores of containers. */
  readonly stores?: readonly string[];
  /** The owner of the secrets and the stores; by default the user who writes them. */
  readonly owner?: Owner;
}

/** Reads the permission bits of a file. */
export type ModeOf = (file: string) => Promise<number>;

const modeOf: ModeOf = async (file) => (await stat(file)).mode & 0o777;

/** Removes what a step wrote. */
export type Undo = () => Promise<void>;

/** Runs the steps in order. If one fails, it cleans up after itself, and what the steps before it wrote is removed. */
export async function allOrNothing(steps: readonly (() => Promise<Undo>)[]): Promise<void> {
  const taken: Undo[] = [];
  try {
    for (const step of steps) taken.push(await step());
  } catch (error) {
    for (const undo of taken.toReversed()) await undo().catch(() => {});
    throw error;
  }
}

/**
 * Makes a folder and its parents. If that fails, writing the first file fails too, with the reason. The undo removes the
 * folders that are new, as long as they are empty.
 */
export async function makeFolders(folder: string, mode = 0o700): Promise<Undo> {
  const first = await mkdir(folder, { recursive: true, mode }).catch(() => undefined);
  return async () => {
    if (first === undefined) return;
    for (let at = folder; at.length >= first.length; at = path.dirname(at)) await rmdir(at);
  };
}

/**
 * Writes all files into a new folder that only its owner can enter, or none of them.
 *
 * @throws {Failure} if the folder has files already, or its file system has no permission bits
 */
export async function writeFolder(
  folder: string,
  planned: PlannedFolder,
  mode: ModeOf = modeOf,
): Promise<Undo> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new Failure(`Cannot read ${folder} (${error.code ?? 'unknown'}). Name a folder of your own.`);
  });
  if (there !== null && there.length > 0) {
    throw new Failure(`${folder} is not empty. Name a new folder: nothing is overwritten.`);
  }
  let removeFolders: Undo = async () => {};
  const undo = async (): Promise<void> => {
    for (const name of await readdir(folder).catch(() => []))
      await rm(path.join(folder, name), { recursive: true, force: true });
    await removeFolders();
  };
  try {
    removeFolders = await makeFolders(folder);
    await fill(folder, planned, mode);
    return undo;
  } catch (error) {
    await undo().catch(() => {});
    if (error instanceof Failure) throw error;
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new Failure(`Cannot write into ${folder} (${code}). Choose another folder.`);
  }
}

async function fill(
  folder: string,
  { files, stores = [], owner }: PlannedFolder,
  mode: ModeOf,
): Promise<void> {
  for (const { name, text, secret = false } of files) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text.endsWith('\n') ? text : `${text}\n`, {
      mode: secret ? SECRET : 0o644,
      flag: 'wx',
    });
    if (secret) await keepToOwner(file, mode);
    if (owner !== undefined && path.dirname(name) !== '.') await chown(file, owner.uid, owner.gid);
  }
  for (const name of stores) {
    const store = path.join(folder, name);
    await mkdir(store, { recursive: true, mode: 0o700 });
    if (owner !== undefined) await chown(store, owner.uid, owner.gid);
  }
}

/** Writes one secret file that does not exist yet, or nothing. */
export async function writeSecret(file: string, text: string, mode: ModeOf = modeOf): Promise<Undo> {
  const undo = (): Promise<void> => rm(file, { force: true });
  const failed = (error: unknown): never => {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    const remedy = code === 'EEXIST' ? 'It exists: choose another name.' : 'Choose another folder.';
    throw new Failure(`Cannot create ${file} (${code}). ${remedy}`);
  };
  const handle = await open(file, 'wx', SECRET).catch(failed);
  try {
    await handle.writeFile(text);
    await keepToOwner(file, mode);
    return undo;
  } catch (error) {
    await undo();
    if (error instanceof Failure) throw error;
    return failed(error);
  } finally {
    await handle.close();
  }
}

async function keepToOwner(file: string, mode: ModeOf): Promise<void> {
  await chmod(file, SECRET);
  if ((await mode(file)) !== SECRET) {
    throw new Failure(
      `${file} could be read by others, because its file system has no modes. Choose a folder on another one.`,
    );
  }
}
