import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ROOT } from '@sotto/release';
import { runtimes } from './runtimes.ts';
import { folderOf, NOT_YET, outputOf, tryInstall } from './support/cells.ts';
import { removeAll } from './support/npm.ts';

const all = await runtimes();
const folder = mkdtempSync(path.join(tmpdir(), 'sotto-old-node-'));
let program = NOT_YET;

beforeAll(async () => {
  program = await tryInstall('node', inject('registry'), ['@sotto/client']);
  const script = path.join(ROOT, 'services/local/src/release/release.ts');
  execFileSync(process.execPath, [script, path.join(folder, 'release')], { stdio: 'pipe' });
});
afterAll(() => {
  removeAll();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(all)('N36 $name', (runtime) => {
  test('a deadline ends a request although memory is collected', async (context) => {
    context.skip(runtime.missing !== null, `${runtime.name} is missing: ${runtime.missing}`);
    const cwd = folderOf(program, context);
    const output = await outputOf(runtime.node, ['--expose-gc', 'deadline.js'], { cwd });
    expect(output).toBe('ended at the deadline\n');
  });
});

/** Standard error and exit status of a service without any variable. */
function started(node: string, service: string): Promise<{ status: unknown; stderr: string }> {
  return new Promise((resolve) => {
    execFile(node, [path.join(folder, 'release', `${service}.mjs`)], { env: {} }, (error, _, stderr) =>
      resolve({ status: error?.code, stderr }),
    );
  });
}

describe.each(all.filter(({ servesAll }) => !servesAll))('N78 $name, below the floor', (runtime) => {
  test.for(['gateway', 'issuer'])(
    'is told so by the %s of the release, in one line',
    async (service, context) => {
      context.skip(runtime.missing !== null, `${runtime.name} is missing: ${runtime.missing}`);
      const { status, stderr } = await started(runtime.node, service);
      expect(stderr).toContain(`needs Node 22.16 or newer, and this is ${runtime.version}`);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(status).toBe(1);
    },
  );
});
