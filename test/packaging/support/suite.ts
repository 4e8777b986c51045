import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { freePorts } from '../../../services/local/src/ports.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/**
 * The facts that an app needs about `npm start`: URLs and root of `/local.json`, and where that is served.
 */
export interface LocalSuite {
  readonly relay: string;
  readonly issuer: string;
  readonly root: string;
  readonly page: string;
}

/** Runs `npm start` on free ports until `stop`. Its keys and stores are removed afterwards. */
export async function npmStart(): Promise<{ suite: LocalSuite; stop: () => Promise<void> }> {
  const port = await freePorts();
  const child = spawn('npm', ['start'], {
    cwd: ROOT,
    env: { ...process.env, PORT: `${port}` },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a process group, so that npm and what it runs end together
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const read = (text: Buffer): void => {
      output += text.toString();
      if (/^ready /m.test(output)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => reject(new Error(`npm start ended:\n${output}`)));
  });
  const page = `http://127.0.0.1:${port + 4}`;
  const { relay, issuer, root } = (await (await fetch(`${page}/local.json`)).json()) as LocalSuite;
  return {
    suite: { relay, issuer, root, page },
    stop: async () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
      await ended;
      await rm(path.join(ROOT, '.sotto', `${port}`), { recursive: true, force: true });
    },
  };
}
