// Bundles every Worker as a deployment would, without a network, prints its size, and fails if it is too large.
import './offline-env.ts';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prepare } from './prepare.ts';
import { LARGEST_UPLOAD, ROOT } from './worker-code.ts';
import { DEPLOYED } from './workers.ts';

await prepare((line) => console.log(line));
const wrangler = path.join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
const outdir = mkdtempSync(path.join(tmpdir(), 'sotto-deploy-'));
for (const service of DEPLOYED) {
  const args = ['deploy', '--dry-run', '--minify', '--env', service, '--outdir', path.join(outdir, service)];
  const run = spawnSync(process.execPath, [wrangler, ...args], { encoding: 'utf8', cwd: ROOT });
  const [size, kib] = /Total Upload: .* gzip: ([\d.]+) KiB/.exec(run.stdout) ?? [];
  console.log(`${service.padEnd(8)} ${run.status === 0 ? size : 'FAILED'}`);
  if (run.status !== 0) {
    console.error(run.stdout, run.stderr);
    process.exitCode = 1;
  } else if (!(Number(kib) * 1024 <= LARGEST_UPLOAD)) {
    console.error(
      `${service}: the upload is over ${LARGEST_UPLOAD} bytes gzipped. Move data into static assets.`,
    );
    process.exitCode = 1;
  }
}
rmSync(outdir, { recursive: true, force: true });
