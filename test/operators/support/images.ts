import { constants, copyFileSync, mkdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Container } from './compose.ts';
import type { Result } from './machine.ts';
import { runTool } from './tools.ts';

const BASE = 'localhost/sotto-test-base';
/** Where podman and buildah may not use the second hierarchy of cgroups, it is out of their sight. */
const ALONE = ['-m', 'sh', '-c', 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$0" "$@"'];

/** Images of a test, in a storage of their own. */
export class Images {
  readonly #storage: readonly string[];
  readonly #base: string;

  constructor(folder: string) {
    mkdirSync(folder);
    this.#base = path.join(folder, 'base');
    const [root, run] = [path.join(folder, 'root'), path.join(folder, 'run')];
    this.#storage = ['--root', root, '--runroot', run, '--storage-driver', 'vfs'];
  }

  /** Makes a base image of this Node and its libraries, because a test reaches no registry. */
  async base(): Promise<void> {
    const container = await this.#must('buildah', 'from', 'scratch');
    const { out } = await runTool('ldd', [process.execPath]);
    const libraries = Array.from(out.matchAll(/\/\S+/g), ([file]) => file);
    const files = new Map(libraries.map((file) => [file, realpathSync(file)]));
    files.set('/usr/local/bin/node', process.execPath);
    for (const [file, from] of files) {
      const to = path.join(this.#base, file);
      mkdirSync(path.dirname(to), { recursive: true });
      copyFileSync(from, to, constants.COPYFILE_FICLONE);
    }
    await this.#must('buildah', 'copy', '-q', container, this.#base, '/');
    await this.#must('buildah', 'config', '--env', 'PATH=/usr/local/bin', container);
    await this.#must('buildah', 'commit', '-q', container, BASE);
  }

  /** Builds one target of the release's Dockerfile. */
  async build(service: string, release: string): Promise<void> {
    const options = ['--isolation', 'chroot', '--build-arg', `BASE=${BASE}`, '--target', service];
    await this.#must('buildah', 'build', '-q', ...options, '-t', `localhost/sotto-test-${service}`, release);
  }

  /**
   * Starts a container as the compose file confines it, on the network of this machine. Returns what stops it.
   *
   * @param machine - its names and its authority, which the container trusts
   */
  async run(
    { target, env, user, state }: Container,
    machine: { readonly folder: string; readonly hosts: readonly string[] },
  ): Promise<() => Promise<void>> {
    const isSecret = (value: string): boolean => value.startsWith(machine.folder);
    const inside = (file: string): string => `/run/secrets/${path.basename(file)}`;
    const variables = Object.entries({ ...env, NODE_EXTRA_CA_CERTS: '/ca.pem' }).flatMap(([name, value]) => [
      '-e',
      `${name}=${isSecret(value) ? inside(value) : value}`,
    ]);
    const mounts = [
      `${machine.folder}/ca.pem:/ca.pem:ro`,
      ...Object.values(env)
        .filter(isSecret)
        .map((file) => `${file}:${inside(file)}:ro`),
      ...(state === null ? [] : [`${state}:/var/lib/sotto`]),
    ].flatMap((mount) => ['-v', mount]);
    const names = machine.hosts.flatMap((name) => ['--add-host', `${name}:127.0.0.1`]);
    const limits = ['--cgroups=disabled', '--ulimit', 'nofile=1024:20000', '--ulimit', 'nproc=4096:4096'];
    const confined = ['--read-only', '--cap-drop=all', '--security-opt=no-new-privileges', '--user', user];
    const options = [
      '-d',
      '--rm',
      '--network',
      'host',
      ...names,
      ...limits,
      ...confined,
      ...variables,
      ...mounts,
    ];
    const container = await this.#must('podman', 'run', ...options, `localhost/sotto-test-${target}`);
    return async () => void (await this.#must('podman', 'stop', '-t', '10', container));
  }

  /** Whether an address answers with 200 within a bounded number of attempts. */
  async answers(url: string): Promise<boolean> {
    for (let attempt = 0; attempt < 60; attempt++) {
      if ((await fetch(url).catch(() => null))?.status === 200) return true;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    return false;
  }

  async #must(program: string, ...words: readonly string[]): Promise<string> {
    const { status, out, err }: Result = await runTool('unshare', [
      ...ALONE,
      program,
      ...this.#storage,
      ...words,
    ]);
    if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${err}`);
    return out.trim();
  }
}
