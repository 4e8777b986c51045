import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Builds the release once for all tests; its folder is in `SOTTO_RELEASE`. */
export default function setup(): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-release-'));
  const script = path.resolve(import.meta.dirname, '../../../services/local/src/release/release.ts');
  execFileSync(process.execPath, [script, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  process.env['SOTTO_RELEASE'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
