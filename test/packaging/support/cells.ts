import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { test, type TestContext } from 'vitest';
import type { Runtime } from '../runtimes.ts';
import { installConsumer, MissingError } from './npm.ts';
import type { Cell } from './table.ts';

/** A test that is one cell of the table. */
export function cell({ consumer, runtime }: Cell, check: (context: TestContext) => Promise<void>): void {
  // oxlint-disable-next-line vitest/expect-expect -- the check expects
  test(`${consumer}: works on ${runtime}`, async (context) => {
    context.task.meta.cell = { consumer, runtime };
    await check(context);
  });
}

/** A cell for one version of Node, skipped by name when this machine has no such Node. */
export function nodeCell(
  about: { consumer: string },
  runtime: Runtime,
  check: (context: TestContext) => Promise<void>,
): void {
  cell({ ...about, runtime: runtime.name }, async (context) => {
    context.skip(runtime.missing !== null, `${runtime.name} is missing: ${runtime.missing}`);
    await check(context);
  });
}

/** A consumer's folder, or why it cannot be installed on this machine. */
export type Installed = { readonly folder: string } | { readonly missing: string };

export const NOT_YET: Installed = { missing: 'not installed yet' };

export async function tryInstall(...args: Parameters<typeof installConsumer>): Promise<Installed> {
  try {
    return { folder: await installConsumer(...args) };
  } catch (error) {
    if (error instanceof MissingError) return { missing: error.message };
    throw error;
  }
}

/** The folder of an installed consumer. Without one the test is skipped by name. */
export function folderOf(installed: Installed, context: TestContext): string {
  if ('missing' in installed) return context.skip(installed.missing);
  return installed.folder;
}

/** Standard output of a program; fails when it ends with another status than 0. Its environment is empty but for `env`. */
export async function outputOf(
  node: string,
  args: readonly string[],
  { cwd, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  const options = { env: { HOME: cwd ?? tmpdir(), ...env }, ...(cwd !== undefined && { cwd }) };
  const { stdout } = await promisify(execFile)(node, [...args], options);
  return stdout;
}
