import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { COSIGNATURE } from '@sotto/tlog';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { seed, vkey } from '../../../../test/support/bundle-log.ts';
import { check } from '../../src/commands/check.ts';
import { run } from '../../src/run.ts';
import { CLOCK, useFixedClock } from './clock.ts';
import { TestIo } from './io.ts';
import { INIT_A, INIT_B, LoggedFolders } from './logged-folders.ts';
import { DAY } from './witnessed.ts';

/** Both operators' folders with a log that is signed until the epoch after the next. Every test finds them unchanged. */
export let io: TestIo;
export let folders: LoggedFolders;
let cwd = '';
let kept = '';

/** Makes the folders once for a test file, and gives them to each of its tests. */
export function useCheckedLog(): void {
  let restore = (): void => {};
  useFixedClock();
  beforeAll(async () => {
    const parent = mkdtempSync(path.join(tmpdir(), 'sotto-check-log-'));
    [cwd, kept] = [path.join(parent, 'work'), path.join(parent, 'kept')];
    const first = new TestIo(cwd);
    const made = new LoggedFolders(first);
    await run(INIT_B, first);
    await run(INIT_A, first);
    made.startWitness();
    if ((await made.sign()) !== 0) throw new Error(first.said);
    cpSync(cwd, kept, { recursive: true });
    restore = () => {
      rmSync(cwd, { recursive: true, force: true });
      cpSync(kept, cwd, { recursive: true });
      io = new TestIo(cwd);
      folders = made.on(io);
    };
  });
  afterAll(() => rmSync(path.dirname(cwd), { recursive: true, force: true }));

  beforeEach(() => {
    restore();
    for (const party of ['gateway.b', 'relay.a'])
      io.routes[`https://${party}.test/bundle/2`] = () => new Response(folders.logged());
    io.routes['http://127.0.0.1:8807/readyz'] = () => Response.json({ ready: true });
  });
}

/** Replaces text of a file. */
export const change = (name: string, from: string | RegExp, to: string): void =>
  writeFileSync(folders.file(name), folders.read(name).replace(from, to));

/** The lines of `sotto check` about the log after this many days. */
export async function found(folder: 'a' | 'b', days = 0): Promise<readonly string[]> {
  io.lines.length = 0;
  await check(['--config', folder], io, {
    certificateEnd: async () => CLOCK + 60 * DAY,
    now: () => CLOCK + days * DAY,
  });
  const isOfLog = /policy|witness|log in |this log|witness\.a\.test/;
  return io.lines.filter((line) => isOfLog.test(line) && !line.includes(' release: '));
}

export const faults = (lines: readonly string[]): string =>
  lines.filter((line) => line.startsWith('FAIL')).join('\n');
export const key = (name: string, secret: number): string => vkey(name, COSIGNATURE, seed(secret));
