import { spawn, spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';
import type { Result } from './machine.ts';

/** Whether a command of this machine succeeds, such as `docker compose version`. */
export const works = (program: string, ...words: readonly string[]): boolean =>
  spawnSync(program, words, { stdio: 'ignore' }).status === 0;

/** Skips a test by name and reason where a tool is absent. */
export function needs(context: TestContext, program: string, ...words: readonly string[]): void {
  if (!works(program, ...words)) context.skip(`${[program, ...words].join(' ')} does not work here`);
}

/** The output of a tool of this machine, and its status. */
export function runTool(
  program: string,
  words: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Result> {
  const child = spawn(program, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, out, err }));
  });
}
