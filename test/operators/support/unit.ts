import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The settings of a unit file, in order; a name may occur more than once. */
function settingsOf(text: string): (readonly [name: string, value: string])[] {
  return text
    .split('\n')
    .filter((line) => /^[A-Z]\w*=/i.test(line))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
}

export const pairs = (text: string, separator: RegExp): Record<string, string> =>
  Object.fromEntries(
    text
      .split(separator)
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/** The process that systemd would run for a unit. */
export interface Started {
  /** After `/usr/bin/env`. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/**
 * Reads a unit file as systemd does, as far as our units go: credentials, environment, state.
 *
 * @param machine - stands for `/run/credentials` and `/var/lib`
 */
export function readUnit(file: string, machine: string): Started {
  const name = path.basename(file, '.service');
  const settings = settingsOf(readFileSync(file, 'utf8'));
  const all = (key: string): string[] => settings.filter(([one]) => one === key).map(([, value]) => value);
  const credentials = path.join(machine, 'credentials', name);
  mkdirSync(credentials, { recursive: true });
  for (const one of all('LoadCredential')) {
    const [id = '', from = ''] = one.split(':');
    copyFileSync(from, path.join(credentials, id));
  }
  const expand = (text: string): string => text.replaceAll('%d', credentials);
  const atHome = (text: string): string => text.replace(/^\/var\/lib\//, `${machine}/lib/`);
  for (const state of all('StateDirectory')) mkdirSync(path.join(machine, 'lib', state), { recursive: true });
  const env: Record<string, string> = {};
  for (const one of all('Environment')) Object.assign(env, pairs(expand(one), / /));
  for (const one of all('EnvironmentFile')) Object.assign(env, pairs(readFileSync(one, 'utf8'), /\n/)); // wins, as in systemd
  const [executable, ...command] = expand(all('ExecStart')[0] ?? '').split(' ');
  if (executable !== '/usr/bin/env') throw new Error(`${file}: ExecStart runs ${executable}`);
  return { command, env, cwd: atHome(all('WorkingDirectory')[0] ?? machine) };
}
