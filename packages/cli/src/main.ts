import type { Io } from './io.ts';
import { run } from './run.ts';

const io: Io = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  fetch: (input, init) => fetch(input, init),
  env: process.env,
  cwd: process.cwd(),
  columns: process.stdout.isTTY ? process.stdout.columns : null,
};

// A reader that has seen enough, as `head` has, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const status = await run(process.argv.slice(2), io);
process.stdout.write('', () => process.exit(status)); // a key fetch that still waits need not be waited for
