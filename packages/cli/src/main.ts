import { buffer } from 'node:stream/consumers';
import type { Io } from './io.ts';
import { run } from './run.ts';

const { stdout, stderr, stdin } = process;
const CLEAR_LINE = '\r\u001b[2K';

const io: Io = {
  out: (line) => void stdout.write(`${line}\n`),
  write: (bytes) => void stdout.write(bytes),
  err: (line) => void stderr.write(`${line}\n`),
  progress: (text) => void (stderr.isTTY && stderr.write(CLEAR_LINE + text)),
  input: () => buffer(stdin),
  fetch: (input, init) => fetch(input, init),
  env: process.env,
  cwd: process.cwd(),
  columns: stdout.isTTY ? stdout.columns : null,
  colors: stdout.isTTY && stdout.hasColors(), // heeds NO_COLOR and FORCE_COLOR
};

// A reader that closes the pipe early, as `head` does, is no failure.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const status = await run(process.argv.slice(2), io);
stdout.write('', () => process.exit(status)); // without waiting for a key fetch that is still delayed
