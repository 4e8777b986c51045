import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { accountToken } from '../../services/local/src/account.ts';
import { keptSecrets } from '../../services/local/src/secrets.ts';
import type { Suite, SuiteOptions } from '../../services/local/src/suite.ts';

/** A process that said it was ready, and its end. */
export interface Killable {
  kill(): Promise<void>;
}

/** Runs a file of ours until it is killed, with everything that it started. */
export async function running(
  file: string,
  env: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): Promise<Killable> {
  const child = spawn(process.execPath, [...more, path.join(import.meta.dirname, '../..', file)], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, killed whole
  });
  const ended = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
      if (said.includes('ready')) resolve();
    });
    child.once('exit', () => reject(new Error(`${file} ended: ${said}`)));
  });
  const { pid = 0 } = child;
  return {
    kill: async () => {
      if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL');
      await ended;
    },
  };
}

/** A suite that can be killed: the same addresses, secrets and storage each time that it starts. */
export async function killableSuite(
  options: SuiteOptions & { readonly port: number; readonly persist: string },
): Promise<Killable & Pick<Suite, 'urls' | 'secrets' | 'account'>> {
  const secrets = await keptSecrets(options.persist);
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
