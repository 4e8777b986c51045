import { open, type FileHandle } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';

async function full(): Promise<never> {
  throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
}

/**
 * Replaces one operation of every open file until the test ends. By default it fails, a write after its first three
 * bytes. Text is still written, because lock files are text.
 */
export async function failingDisk(
  operation: 'write' | 'sync',
  instead: () => Promise<void> = full,
): Promise<void> {
  const handle = await open(fileURLToPath(import.meta.url));
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const spy =
    operation === 'sync'
      ? vi.spyOn(prototype, 'sync').mockImplementation(instead)
      : vi.spyOn(prototype, 'writeFile').mockImplementation(async function (this: FileHandle, data) {
          if (typeof data === 'string') return void (await this.write(data));
          await this.write(data as Uint8Array, 0, 3);
          return instead();
        });
  onTestFinished(() => spy.mockRestore());
}
