import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pairs } from './unit.ts';

/** A container of a service, as compose would start it. */
export interface Container {
  readonly name: string;
  /** The target of the Dockerfile. */
  readonly target: string;
  readonly env: Readonly<Record<string, string>>;
  /** `uid:gid`. */
  readonly user: string;
  /** The folder on the host that is its store, or null. */
  readonly state: string | null;
}

/**
 * Reads the parts of a compose file that ours use: the containers that are built from the release, their
 * environment, and the files of their secrets, which here are where they are on the host.
 *
 * @param folder - `ops/b`
 */
export function containersOf(folder: string): Container[] {
  const text = readFileSync(path.join(folder, 'compose.yaml'), 'utf8');
  const [, services = '', , secrets = ''] = text.split(/^(?:services|volumes|secrets):\n/m);
  const files = new Map(
    Array.from(secrets.matchAll(/^ {2}(\S+): \{ file: (\S+) \}$/gm), ([, name = '', file = '']) => [
      name,
      file,
    ]),
  );
  return services
    .split(/^(?= {2}\S)/m)
    .filter((block) => block.includes('    build: '))
    .map((block) => {
      const [, name = ''] = /^ {2}(\S+):/.exec(block) ?? [];
      const [, target = ''] = /target: (\S+) \}/.exec(block) ?? [];
      const given = Array.from(block.matchAll(/^ {6}([A-Z_]+): (.*)$/gm), ([, key = '', value = '']) => [
        key,
        value
          .replaceAll('"', '')
          .replace(/^\/run\/secrets\/(.*)$/, (_, file: string) =>
            path.join(folder, files.get(`${target}-${file}`) ?? file),
          ),
      ]);
      const [, envFile = ''] = /env_file: (\S+)/.exec(block) ?? [];
      const ofFile = pairs(readFileSync(path.join(folder, envFile), 'utf8'), /\n/);
      const env = { ...ofFile, ...(Object.fromEntries(given) as Record<string, string>) };
      const [, user = ''] = /user: "(.*)"/.exec(block) ?? [];
      const [, state] = /volumes: \["\.\/(\S+):\/var\/lib\/sotto"\]/.exec(block) ?? [];
      return { name, target, env, user, state: state === undefined ? null : path.join(folder, state) };
    });
}
