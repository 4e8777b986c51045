// Bundles every Worker as a deployment would, without a network, and prints its size.
import './offline-env.ts';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prepare } from './prepare.ts';
import { ROOT } from './worker-code.ts';
import { DEPLOYED } from './workers.ts';

await prepare((line) => console.log(line));
const wrangler = path.join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
const outdir = mkdtempSync(path.join(tmpdir(), 'sotto-deploy-'));
for (const service of DEPLOYED) {
  const args = ['deploy', '--dry-run', '--minify', '--env', service, '--outdir', path.join(outdir, service)];
  const run = spawnSync(process.execPath, [wrangler, ...args], { encoding: 'utf8', cwd: ROOT });
  const size = /Total Upload: .*/.exec(run.stdout)?.[0];
  console.log(`${service.padEnd(8)} ${run.status === 0 ? size : 'FAILED'}`);
  if (run.status !== 0) {
    console.error(run.stdout, run.stderr);
    process.exitCode = 1;
  }
}
rmSync(outdir, { recursive: true, force: true });
