// `npm run deploy -- --env NAME …`: builds what the Workers import and git ignores, then deploys one with wrangler.
import './offline-env.ts';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { unstable_readConfig } from 'wrangler';
import { prepare } from './prepare.ts';
import { missingRoute } from './route.ts';
import { ROOT } from './worker-code.ts';

const options = process.argv.slice(2);
const env = options[options.indexOf('--env') + 1] ?? '';
const config = unstable_readConfig({ config: path.join(ROOT, 'wrangler.toml'), env }, { hideWarnings: true });
const advice = missingRoute(env, config);
if (advice !== null) console.error(advice);
await prepare((line) => console.log(line));
const wrangler = path.join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
const { status } = spawnSync(process.execPath, [wrangler, 'deploy', ...options], {
  stdio: 'inherit',
  cwd: ROOT,
});
process.exitCode = status ?? 1;
