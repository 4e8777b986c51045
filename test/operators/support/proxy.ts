import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Authority } from '../../support/certificates.ts';
import type { Killable } from '../../support/killable.ts';

/** The proxies that `sotto init` writes a configuration for, and how each tells its version. */
export const PROXIES = { caddy: ['version'], nginx: ['-v'], haproxy: ['-v'] } as const;
export type Proxy = keyof typeof PROXIES;

/**
 * Starts a real proxy with the configuration that `sotto init` wrote, and waits until it listens. The certificates are a
 * test's own, so Caddy is told to take them from files too.
 *
 * @param folder - `ops/b`
 */
export async function startProxy(proxy: Proxy, folder: string, authority: Authority): Promise<Killable> {
  const caddyfile = readFileSync(path.join(folder, 'proxy/Caddyfile'), 'utf8');
  const hosts = Array.from(caddyfile.matchAll(/^(\S+):(\d+) \{$/gm), ([, name = '', port = '']) => ({
    name,
    port,
  }));
  const run = path.join(folder, 'run');
  mkdirSync(path.join(folder, 'tls'), { recursive: true });
  mkdirSync(run, { recursive: true });
  for (const { name } of hosts) {
    const { cert, key } = await authority.issue([name]);
    const file = path.join(folder, 'tls', name);
    writeFileSync(`${file}.crt`, cert);
    writeFileSync(`${file}.key`, key);
    writeFileSync(`${file}.pem`, `${cert}\n${key}`);
  }
  const words = {
    caddy: () => {
      const own = caddyfile
        .replace('{\n\tservers', '{\n\tadmin off\n\tauto_https off\n\tservers')
        .replaceAll(
          /^(\S+):(\d+) \{$/gm,
          (line, name: string) => `${line}\n\ttls ${folder}/tls/${name}.crt ${folder}/tls/${name}.key`,
        );
      writeFileSync(path.join(run, 'Caddyfile'), own);
      return ['run', '--adapter', 'caddyfile', '--config', path.join(run, 'Caddyfile')];
    },
    nginx: () => {
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${run}/${name};`,
      );
      const text = `daemon off;\npid ${run}/pid;\nevents {}\nhttp {\n${temporary.join('\n')}\ninclude ${folder}/proxy/nginx.conf;\n}\n`;
      writeFileSync(path.join(run, 'nginx.conf'), text);
      return ['-p', run, '-e', 'stderr', '-c', path.join(run, 'nginx.conf')];
    },
    haproxy: () => ['-db', '-f', path.join(folder, 'proxy/haproxy.cfg')],
  }[proxy]();
  const child = spawn(proxy, words, {
    env: { PATH: process.env['PATH'] ?? '', HOME: run },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  for (const port of new Set(hosts.map((host) => Number(host.port)))) {
    while (!(await listens(port))) {
      if (child.exitCode !== null) throw new Error(`${proxy} ended: ${errors}`);
    }
  }
  return {
    pid: child.pid ?? 0,
    kill: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await ended;
    },
  };
}

/** Whether a port takes a connection, asked after a tenth of a second. */
const listens = async (port: number): Promise<boolean> => {
  await new Promise((resolve) => setTimeout(resolve, 100));
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
};
