import './offline-env.ts';
import path from 'node:path';
import { DAY } from '@sotto/wire';
import { quotaLine } from './demo.ts';
import { parseStart, USAGE } from './options.ts';
import { portOf } from './port.ts';
import { prepare } from './prepare.ts';
import { storedSecrets } from './secrets.ts';
import { startSuite } from './suite.ts';
import { tableOf } from './table.ts';
import { ROOT } from './worker-code.ts';

const TICK = 600_000; // milliseconds, as the Workers' crons
const began = performance.now();
const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(USAGE);
  process.exit(0);
}
const { services, origins } = parsed();
const port =
  portOf(process.env['PORT']) ??
  stop(
    `PORT: ${process.env['PORT']} is not a port with five more above it. Use 1 to 65530, or leave it out for 8801.`,
  );
const table = tableOf(services);
// Per port and table, because keys and bundles contain addresses and services.
const folder = path.join(ROOT, '.sotto', `${port}`, table.digest);

let shutDown = (): void => process.exit(0); // until the suite runs
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    shutDown();
  });
}

await prepare((line) => console.log(line));
const suite = await startSuite({
  port,
  persist: path.join(folder, 'storage'),
  secrets: await storedSecrets(folder),
  taps: true,
  page: true,
  log: true,
  origins,
  vars: table.vars,
}).catch((error: NodeJS.ErrnoException & { port?: number }) => {
  if (error.code !== 'EADDRINUSE') throw error;
  return stop(
    `port ${error.port} is in use. Stop the program that listens there, or set PORT to another port.`,
  );
});
const timer = setInterval(() => {
  suite
    .tick()
    .catch((error: Error) =>
      console.error(`scheduled work failed, and is tried again in ten minutes: ${error.message}`),
    );
}, TICK);
shutDown = () => {
  clearInterval(timer);
  void suite.dispose().then(() => process.exit(0));
};

for (const [name, url] of Object.entries(suite.urls)) console.log(`${name.padEnd(9)} ${url}`);
for (const { name, url } of services) console.log(`${name.padEnd(9)} ${url}, as https://${name}/`);
console.log(`root      ${suite.secrets.root}`);
console.log(`quota     ${quotaLine(new Date(), DAY, path.relative(process.cwd(), folder))}`);
console.log(`ready in ${Math.round(performance.now() - began)} ms: open ${suite.urls.page} (Ctrl-C stops)`);

function parsed(): ReturnType<typeof parseStart> {
  try {
    return parseStart(args);
  } catch (error) {
    return stop(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function stop(why: string): never {
  console.error(why);
  process.exit(1);
}
