import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Bytes } from '@sotto/wire';
import { Failure } from '../command.ts';
import { writeDurably } from '../write-durably.ts';

/** The files of a log, by their path below its folder. */
export interface LogFiles {
  /** Null when there is no such file. */
  read(name: string): Promise<Bytes | null>;
  /** Replaces a file as a whole. When this resolves, the file is on disk under its name. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Removes a file if it is there. */
  remove(name: string): Promise<void>;
}

/** The files below a folder. A crash leaves each as it was before or as it is after, never in between. */
export function filesIn(folder: string): LogFiles {
  const failed = (error: unknown): never => {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new Failure(
      `The log in ${folder} cannot be read or written (${code}). Check the folder and its disk.`,
    );
  };
  return {
    async read(name) {
      try {
        return new Uint8Array(await readFile(path.join(folder, name)));
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : failed(error);
      }
    },
    write: (name, bytes) => writeDurably(path.join(folder, name), bytes).catch(failed),
    remove: (name) => rm(path.join(folder, name), { force: true }).catch(failed),
  };
}
