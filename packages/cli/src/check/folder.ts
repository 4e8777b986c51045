import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { VARIABLES, type ServiceName } from '@sotto/service/variables';
import { UsageError } from '../command.ts';
import type { Hosting } from '../init/settings.ts';
import { tomlVariables } from './toml.ts';

/** A variable as a folder has it. */
export interface GivenVariable {
  readonly value: string;
  /** The file that sets it, relative to the folder. */
  readonly file: string;
  /** Permission bits of a file with one or several secrets; null for an environment file. */
  readonly mode: number | null;
}

export type Given = ReadonlyMap<string, GivenVariable>;

/** A folder of `sotto init`, perhaps changed since. */
export interface OperatorFolder {
  readonly dir: string;
  readonly hosting: Hosting;
  readonly services: ReadonlyMap<ServiceName, Given>;
  /** The folder of the release that its units, compose file or wrangler file name; null if they name none. */
  readonly release: string | null;
}

const SERVICES: readonly ServiceName[] = ['relay', 'gateway', 'issuer', 'stickers', 'witness'];

/** @throws {UsageError} if the folder has no service */
export async function readOperatorFolder(dir: string): Promise<OperatorFolder> {
  const toml = await textOf(dir, 'wrangler.toml');
  const compose = await textOf(dir, 'compose.yaml');
  const hosting: Hosting = toml !== null ? 'workers' : compose !== null ? 'compose' : 'node';
  const services = new Map<ServiceName, Given>();
  for (const service of SERVICES) {
    const given = toml === null ? await onNode(dir, service) : await onWorkers(dir, service, toml);
    if (given !== null) services.set(service, given);
  }
  if (services.size === 0) throw new UsageError(`${dir} has no service; name a folder that sotto init wrote`);
  const units = await Promise.all(
    [...services.keys()].map((name) => textOf(dir, `systemd/sotto-${name}.service`)),
  );
  const started = [toml, compose, ...units].join('\n');
  const [, release = null] =
    /(?:context: "|main = "|^ExecStart=.* )(\/[\w./+-]*?)(?:"|\/workers\/|\/\w+\.mjs)/m.exec(started) ?? [];
  return { dir, hosting, services, release };
}

async function onNode(dir: string, service: ServiceName): Promise<Given | null> {
  const text = await textOf(dir, `${service}.env`);
  if (text === null) return null;
  const given = new Map<string, GivenVariable>();
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const at = line.indexOf('=');
    const name = line.slice(0, Math.max(0, at));
    given.set(name, { value: line.slice(at + 1), file: `${service}.env`, mode: null });
    const ofFile = name.replace(/_FILE$/, '');
    if (ofFile !== name && Object.hasOwn(VARIABLES, ofFile) && !Object.hasOwn(VARIABLES, name)) {
      given.delete(name);
      given.set(ofFile, await fromFile(dir, line.slice(at + 1)));
    }
  }
  for (const name of await readdir(path.join(dir, service)).catch(() => [])) {
    const inFile = await fromFile(dir, `${service}/${name}`);
    if (inFile.value !== '' || !given.has(name)) given.set(name, inFile); // an empty file sets nothing
  }
  return given;
}

async function onWorkers(dir: string, service: ServiceName, toml: string): Promise<Given | null> {
  if (!toml.includes(`[env.${service}]`)) return null;
  const given = new Map<string, GivenVariable>();
  for (const [name, value] of tomlVariables(toml, service)) {
    given.set(name, { value, file: 'wrangler.toml', mode: null });
  }
  const file = `${service}.secrets.json`;
  const text = await textOf(dir, file);
  if (text === null) return given;
  const mode = await modeOf(path.join(dir, file));
  let secrets: Readonly<Record<string, unknown>>;
  try {
    secrets = JSON.parse(text) as typeof secrets;
  } catch {
    throw new UsageError(`${path.join(dir, file)} is not JSON`);
  }
  for (const [name, value] of Object.entries(secrets ?? {}))
    given.set(name, { value: String(value), file, mode });
  return given;
}

async function fromFile(dir: string, name: string): Promise<GivenVariable> {
  const file = path.resolve(dir, name);
  const value = (await readFile(file, 'utf8').catch(() => '')).replace(/\r?\n$/, '');
  return { value, file: name, mode: await modeOf(file) };
}

const modeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ mode }) => mode & 0o777,
    () => 0,
  );

const textOf = (dir: string, name: string): Promise<string | null> =>
  readFile(path.join(dir, name), 'utf8').catch(() => null);
