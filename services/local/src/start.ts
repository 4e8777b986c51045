import './offline-env.ts';
import path from 'node:path';
import { portOf } from './port.ts';
import { prepare } from './prepare.ts';
import { keptSecrets } from './secrets.ts';
import { startSuite } from './suite.ts';
import { ROOT } from './worker-code.ts';

const TICK = 600_000; // milliseconds, as the Workers' crons
const began = performance.now();
const port = portOf(process.env['PORT']) ?? stop('PORT is no port that leaves four above it');
const kept = path.join(ROOT, '.sotto', `${port}`); // keys and bundles name their own addresses

let end = (): void => process.exit(0); // until there is something to end
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    end();
  });
}

await prepare((line) => console.log(line));
const suite = await startSuite({
  port,
  persist: path.join(kept, 'storage'),
  secrets: await keptSecrets(kept),
  taps: true,
  page: true,
}).catch((error: NodeJS.ErrnoException & { port?: number }) => {
  if (error.code !== 'EADDRINUSE') throw error;
  return stop(`port ${error.port} is in use: stop what listens there, or set PORT to another`);
});
const timer = setInterval(() => {
  suite.tick().catch((error: Error) => console.error(`a turn of the crons failed: ${error.message}`));
}, TICK);
end = () => {
  clearInterval(timer);
  void suite.dispose().then(() => process.exit(0));
};

for (const [name, url] of Object.entries(suite.urls)) console.log(`${name.padEnd(9)} ${url}`);
console.log(`root      ${suite.secrets.root}`);
console.log(`ready in ${Math.round(performance.now() - began)} ms: open ${suite.urls.page} (Ctrl-C stops)`);

function stop(why: string): never {
  console.error(why);
  process.exit(1);
}
