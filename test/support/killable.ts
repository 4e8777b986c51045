import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { accountToken } from '../../services/local/src/account.ts';
import { storedSecrets } from '../../services/local/src/secrets.ts';
import { COMPILE_CACHE } from './compile-cache.ts';
import type { Suite, SuiteOptions } from '../../services/local/src/suite.ts';

/** A process that is ready, and that a test can kill. */
export interface Killable {
  readonly pid: number;
  /** With SIGKILL, or with a signal that lets it finish. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

/**
 * Starts a file and waits for its ready line. Killing it kills its children too.
 *
 * @param file - absolute, or a path in this repository
 * @param node - the path of the Node that runs it
 */
export async function running(
  file: string,
  env: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
  node = process.execPath,
  cwd = process.cwd(),
  args: readonly string[] = [],
): Promise<Killable> {
  const child = spawn(node, [...nodeOptions, path.resolve(import.meta.dirname, '../..', file), ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // its own process group, so that children are killed too
  });
  const ended = once(child, 'exit');
  let output = '';
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (output.includes('ready')) resolve();
    });
    child.once('exit', () => reject(new Error(`${file} ended: ${output}`)));
  });
  const { pid = 0 } = child;
  return {
    pid,
    kill: async (signal = 'SIGKILL') => {
      if (child.exitCode === null && child.signalCode === null) process.kill(-pid, signal);
      await ended;
    },
  };
}

/** A suite that can be killed. It has the same addresses, secrets and storage at each start. */
export async function killableSuite(
  options: SuiteOptions & { readonly port: number; readonly persist: string },
): Promise<Killable & Pick<Suite, 'urls' | 'secrets' | 'account'>> {
  const secrets = await storedSecrets(options.persist);
  const child = await running('test/soak/suite-child.ts', { SUITE: JSON.stringify(options) });
  const [relay, gateway, issuer, stickers, page] = [0, 1, 2, 3, 4].map(
    (i) => `http://127.0.0.1:${options.port + i}`,
  ) as [string, string, string, string, string];
  return {
    ...child,
    secrets,
    urls: { relay, gateway, issuer, stickers, page },
    account: (name) => accountToken(secrets.attester, name),
  };
}
