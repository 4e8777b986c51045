import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';

const root = path.resolve(import.meta.dirname, '../../..');

/**
 * Builds the release once for all tests: its folder is in `SOTTO_RELEASE`. The command line is in `SOTTO_COMMAND`, in one
 * file, because a test starts it many times.
 */
export default function setup(): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-release-'));
  chmodSync(folder, 0o755); // services run as other users
  const script = path.join(root, 'services/local/src/release/release.ts');
  execFileSync(process.execPath, [script, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  process.env['SOTTO_RELEASE'] = folder;
  const command = mkdtempSync(path.join(tmpdir(), 'sotto-command-'));
  process.env['SOTTO_COMMAND'] = path.join(command, 'sotto.mjs');
  buildSync({
    entryPoints: [path.join(root, 'packages/cli/src/main.ts')],
    outfile: process.env['SOTTO_COMMAND'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return () => {
    for (const made of [folder, command]) rmSync(made, { recursive: true, force: true });
  };
}
