import { mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { parseBaseUrl } from '@sotto/client/http';
import { utf8 } from '@sotto/wire';
import { given, noMore } from './arguments.ts';
import { command, Failure, UsageError } from './command.ts';
import { bytesOfText } from './fetching.ts';
import type { Io } from './io.ts';
import { writeDurably } from './write-durably.ts';

/** A deployment as a command uses it: `DIR/client.json`, and beside it the operator's token if there is one. */
export interface Settings {
  readonly relay?: string;
  readonly issuer?: string;
  readonly gateway?: string;
  /** The operator's listeners, where they are not at the public addresses. */
  readonly gatewayOperator?: string;
  readonly issuerOperator?: string;
  /** The bundle's Ed25519 key, base64url. */
  readonly root?: string;
  readonly epochSeconds?: number;
  readonly operatorToken?: string;
  /** The policy of the log that must have the bundles: `DIR/policy`. */
  readonly policy?: string;
  /** Folder of the settings. */
  readonly dir: string;
}

const FILE = 'client.json';
const URLS = ['relay', 'issuer', 'gateway', 'gatewayOperator', 'issuerOperator'] as const;
const MEMBERS: readonly string[] = [...URLS, 'root', 'epochSeconds'];

/** The options that name a folder or a profile. */
export interface ConfigValues {
  readonly config?: string;
  readonly profile?: string;
}

/**
 * The settings of `--config`, `--profile`, SOTTO_CONFIG, SOTTO_PROFILE or the profile `default`, in this order.
 *
 * @returns null if none was named and there is no default
 * @throws {UsageError} if the named one is missing or wrong
 */
export async function loadSettings(values: ConfigValues, io: Io): Promise<Settings | null> {
  const { dir, named } = folderOf(values, io);
  const text = await readFile(path.join(dir, FILE), 'utf8').catch(() => null);
  if (text === null) {
    if (!named) return null;
    throw new UsageError(`there is no ${path.join(dir, FILE)}; write one with sotto config set`);
  }
  const settings = parseSettings(text, path.join(dir, FILE));
  const operatorToken = await readFile(path.join(dir, 'operator.token'), 'utf8').catch(() => null);
  const policy = await readFile(path.join(dir, 'policy'), 'utf8').catch(() => null);
  return {
    ...settings,
    dir,
    ...(operatorToken !== null && { operatorToken: operatorToken.trim() }),
    ...(policy !== null && { policy }),
  };
}

function folderOf(
  { config, profile }: ConfigValues,
  io: Io,
): { readonly dir: string; readonly named: boolean } {
  const folder = config ?? (profile === undefined ? io.env['SOTTO_CONFIG'] : undefined);
  if (folder !== undefined) return { dir: path.resolve(io.cwd, folder), named: true };
  const name = profile ?? io.env['SOTTO_PROFILE'];
  if (name !== undefined && !/^[\w-]{1,64}$/.test(name)) {
    throw new UsageError('a profile name has letters, digits, - and _ only');
  }
  const home = io.env['XDG_CONFIG_HOME'] ?? path.join(io.env['HOME'] ?? homedir(), '.config');
  return { dir: path.join(home, 'sotto', name ?? 'default'), named: name !== undefined };
}

function parseSettings(text: string, file: string): Omit<Settings, 'dir'> {
  const fail = (rule: string): never => {
    throw new UsageError(`${file}: ${rule}`);
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    fail('is not JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return fail('must be a JSON object');
  const members = json as Record<string, unknown>;
  for (const [name, value] of Object.entries(members)) {
    if (!MEMBERS.includes(name)) fail(`${name}: is not known; use ${MEMBERS.join(', ')}`);
    if (name === 'epochSeconds' && !(Number.isInteger(value) && (value as number) > 0)) {
      fail('epochSeconds: must be a whole number of at least 1');
    }
    if (name === 'root' && !(typeof value === 'string' && bytesOfText(value)?.length === 32)) {
      fail('root: must be 32 bytes in base64url');
    }
    if (URLS.includes(name as never) && !(typeof value === 'string' && parseBaseUrl(value) !== null)) {
      fail(`${name}: must be an https URL, or an http URL of a loopback address`);
    }
  }
  return members;
}

const OPTIONS = {
  relay: { type: 'string', value: 'URL', text: 'base URL of the relay' },
  issuer: { type: 'string', value: 'URL', text: 'base URL of the issuer' },
  gateway: { type: 'string', value: 'URL', text: 'base URL of the gateway, for operators' },
  root: { type: 'string', value: 'KEY', text: "the bundle's Ed25519 key, base64url" },
  'epoch-seconds': { type: 'string', value: 'N', text: 'length of an epoch, if it is not a day' },
} as const;

/** `sotto config show`. */
export const configShow = command({
  name: 'config show',
  synopsis: '',
  summary: 'print the URLs and the root that commands use',
  options: {},
  examples: [
    ['config show', 'prints the default profile'],
    ['config show --profile staging --json', 'prints a profile as JSON'],
  ],
  run: async ({ values, words }, io) => {
    noMore(words);
    const settings = await loadSettings(values, io);
    if (settings === null)
      throw new Failure('there is no default profile; write one with sotto config set', 4);
    const { operatorToken, ...shown } = settings;
    const all = { ...shown, operatorToken: operatorToken === undefined ? 'none' : 'from operator.token' };
    if (values.json === true) io.out(JSON.stringify(all));
    else for (const [name, value] of Object.entries(all)) io.out(`${name.padEnd(14)}${value}`);
    return 0;
  },
});

/** `sotto config set`. */
export const configSet = command({
  name: 'config set',
  synopsis: '',
  summary: 'store URLs and the root, so that they need not be given again',
  options: OPTIONS,
  examples: [
    [
      'config set --relay https://relay.example --issuer https://issuer.example --root KEY',
      'stores the default profile',
    ],
    ['config set --profile staging --gateway https://gateway.example', 'adds to a named profile'],
  ],
  run: async ({ values, words }, io) => {
    noMore(words);
    const { dir } = folderOf(values, io);
    const file = path.join(dir, FILE);
    const { relay, issuer, gateway, root, 'epoch-seconds': seconds } = values;
    const changed = given({
      relay,
      issuer,
      gateway,
      root,
      epochSeconds: seconds === undefined ? undefined : Number(seconds),
    });
    if (Object.keys(changed).length === 0) throw new UsageError('name at least one value to store');
    const stored = await readFile(file, 'utf8').catch(() => '{}');
    const text = `${JSON.stringify({ ...parseSettings(stored, file), ...changed }, null, 2)}\n`;
    parseSettings(text, 'the new settings');
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await writeDurably(file, utf8(text), 0o600);
    } catch (error) {
      throw new Failure(`cannot write ${file} (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
    }
    if (values.json === true) io.out(JSON.stringify({ file, ...changed }));
    else io.out(file);
    return 0;
  },
});
