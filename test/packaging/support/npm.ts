import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const CONSUMERS = path.resolve(import.meta.dirname, '../consumers');

/**
 * This machine lacks something: a network, or a package for its platform. A test that needs it is skipped by
 * name.
 */
export class MissingError extends Error {}

const NO_NETWORK =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/;
const NO_PACKAGE_HERE = /\bEBADPLATFORM\b/;

/** A machine without a network learns it in seconds. */
const SETTINGS = [
  '--loglevel=error', // the caller may have set silent
  '--ignore-scripts',
  '--prefer-offline',
  '--fetch-retries=1',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=3000',
  '--fetch-timeout=60000',
];

/** Runs npm without scripts of packages. @throws {MissingError} when the registry is out of reach */
export async function npm(folder: string, ...args: string[]): Promise<void> {
  try {
    await promisify(execFile)('npm', [...args, ...SETTINGS], { cwd: folder });
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
    const code = NO_NETWORK.exec(stderr)?.[0] ?? NO_PACKAGE_HERE.exec(stderr)?.[0];
    if (code !== undefined)
      throw new MissingError(`npm ${args.join(' ')}: ${code}`, { cause: error as Error });
    throw new Error(`npm ${args.join(' ')} failed in ${folder}:\n${stdout}${stderr}`, { cause: error });
  }
}

const folders: string[] = [];

/** Removes the folders of all consumers that this test file installed. */
export const removeAll = (): void => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
};

/**
 * Copies a consumer into an empty folder, installs its own dependencies from its lock, and then our packages from a
 * registry that has the tarballs alone.
 */
export async function installConsumer(
  name: string,
  registry: string,
  packages: readonly string[],
): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), `sotto-consumer-${name}-`));
  folders.push(folder);
  cpSync(path.join(CONSUMERS, name), folder, {
    recursive: true,
    filter: (file) => !file.includes('node_modules'),
  });
  writeFileSync(path.join(folder, '.npmrc'), `@sotto:registry=${registry}\nfund=false\naudit=false\n`);
  if (existsSync(path.join(folder, 'package-lock.json'))) await npm(folder, 'ci');
  if (packages.length > 0) await npm(folder, 'install', '--no-save', '--no-package-lock', ...packages);
  return folder;
}
