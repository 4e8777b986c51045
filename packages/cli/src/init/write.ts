import { chmod, chown, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../command.ts';
import type { Owner } from './compose.ts';
import type { PlannedFile } from './settings.ts';

const SECRET = 0o600;

/** What a folder gets. */
export interface PlannedFolder {
  readonly files: readonly PlannedFile[];
  /** Empty folders, for the stores of containers. */
  readonly stores?: readonly string[];
  /** Who gets the secrets and the stores. Default: who writes them. */
  readonly owner?: Owner;
}

/** What {@link writeFolder} needs to know of a file: its mode. */
export type ModeOf = (file: string) => Promise<number>;

const modeOf: ModeOf = async (file) => (await stat(file)).mode & 0o777;

/**
 * Writes all files into a new folder that only its owner can enter, or none of them.
 *
 * @throws {Failure} if the folder has files already, or its file system does not keep a secret file to its owner
 */
export async function writeFolder(
  folder: string,
  { files, stores = [], owner }: PlannedFolder,
  mode: ModeOf = modeOf,
): Promise<void> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new Failure(`Cannot read ${folder} (${error.code ?? 'unknown'}). Name a folder of your own.`);
  });
  if (there !== null && there.length > 0) {
    throw new Failure(`${folder} is not empty. Name a new folder: nothing is overwritten.`);
  }
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
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
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (error instanceof Failure) throw error;
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new Failure(`Cannot write into ${folder} (${code}). Choose another folder.`);
  }
}

/** Writes one secret file that does not exist yet. */
export async function writeSecret(file: string, text: string, mode: ModeOf = modeOf): Promise<void> {
  try {
    await writeFile(file, text, { mode: SECRET, flag: 'wx' });
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    const remedy = code === 'EEXIST' ? 'It exists: choose another name.' : 'Choose another folder.';
    throw new Failure(`Cannot create ${file} (${code}). ${remedy}`);
  }
  try {
    await keepToOwner(file, mode);
  } catch (error) {
    await rm(file, { force: true });
    throw error;
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
