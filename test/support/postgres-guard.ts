// Runs a PostgreSQL server for as long as stdin is open, so that it ends even if its parent is killed.
//
//   node postgres-guard.ts JSON    (a PostgresCommand)
//
// Each line on stdin is a signal for the server: SIGINT (fast), SIGQUIT (as a crash) or SIGKILL. Its log goes to stderr.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** What the guard runs. */
export interface PostgresCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly uid: number | null;
  readonly folder: string; // removed when stdin ends before the server was stopped
}

const { program, args, env, uid, folder } = JSON.parse(process.argv[2] ?? '') as PostgresCommand;
const server = spawn(program, args, {
  env,
  cwd: folder,
  stdio: ['ignore', 'ignore', 'inherit'],
  ...(uid !== null && { uid, gid: uid }),
});
const lines = createInterface({ input: process.stdin });
lines.on('line', (signal) => server.kill(signal as NodeJS.Signals));
lines.on('close', () => {
  server.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  server.kill('SIGQUIT');
});
server.on('exit', () => {
  process.stdin.destroy();
  process.exitCode = 0;
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill('SIGQUIT'));
