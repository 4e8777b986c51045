import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { authority, type Authority } from '../../support/certificates.ts';
import { COMPILE_CACHE } from '../../support/compile-cache.ts';
import { running, type Killable } from '../../support/killable.ts';
import { Front, sitesOf } from './front.ts';
import { startProxy, type Proxy } from './proxy.ts';
import { readUnit } from './unit.ts';

const here = import.meta.dirname;

/** The output of a command, and its exit status. */
export interface Result {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** A call of a tool that a test stands in for. */
export interface ToolCall {
  readonly tool: string;
  readonly words: readonly string[];
  readonly cwd: string;
  /** From its standard input. */
  readonly input: string;
}

/** The place of services that no unit of this machine starts. */
export interface Platform {
  /** What `npx wrangler` does. */
  wrangler(call: ToolCall): Promise<string>;
  /** Sets its clock this far ahead of the real one. */
  passed(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

/** A machine of a test: a folder, names, certificates, and tools that start what real ones would. */
export class Machine {
  readonly folder: string;
  readonly authority: Authority;
  readonly front: Front;
  readonly #services = new Map<string, Killable>();
  readonly #units = new Map<string, string>(); // files by name, the latest that was enabled
  #passed = 0;
  /** Services that were stopped so far. */
  stopped = 0;
  readonly #manager: Server;
  readonly #platform: Platform | null;
  /** A real proxy for the units of proxies, in place of the machine's own. */
  proxy: Proxy | null = null;
  #env: Record<string, string> = {};

  private constructor(folder: string, ca: Authority, platform: ((front: Front) => Platform) | null) {
    this.folder = folder;
    this.authority = ca;
    this.front = new Front(ca, () => this.now);
    this.#platform = platform?.(this.front) ?? null;
    this.#manager = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        this.#obey(JSON.parse(Buffer.concat(chunks).toString()) as ToolCall).then(
          (said) => outgoing.writeHead(200).end(said),
          (error: Error) => outgoing.writeHead(500).end(`${error.message}\n`),
        );
      });
    });
  }

  /** @param platform - for a machine whose `npx wrangler` deploys somewhere */
  static async start(platform: ((front: Front) => Platform) | null = null): Promise<Machine> {
    const folder = mkdtempSync(path.join(tmpdir(), 'sotto-operator-'));
    const machine = new Machine(folder, await authority(), platform);
    writeFileSync(path.join(folder, 'ca.pem'), machine.authority.cert);
    writeFileSync(path.join(folder, 'clock'), '0');
    await new Promise<void>((resolve) => machine.#manager.listen(0, '127.0.0.1', resolve));
    const bin = path.join(folder, 'bin');
    mkdirSync(bin);
    const sotto = `exec ${process.execPath} ${process.env['SOTTO_COMMAND']} "$@"`;
    const ask = (tool: string): string => `exec ${process.execPath} ${here}/ask-manager.mjs ${tool} "$@"`;
    writeScript(path.join(bin, 'systemctl'), ask('systemctl'));
    writeScript(path.join(bin, 'psql'), `exec ${process.execPath} ${here}/psql.mjs "$@"`);
    writeScript(
      path.join(bin, 'npx'),
      `tool=$1; shift; if [ "$tool" = @sotto/cli ]; then ${sotto}; fi\n${ask('$tool')}`,
    );
    machine.#env = {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      HOME: folder,
      SOTTO_MANAGER: `http://127.0.0.1:${(machine.#manager.address() as AddressInfo).port}`,
      ...COMPILE_CACHE,
      ...machine.trust,
    };
    return machine;
  }

  /** The variables that make a Node process of this machine know its names and its authority. */
  get trust(): Record<string, string> {
    return {
      NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import=${here}/names.mjs`,
      NODE_EXTRA_CA_CERTS: path.join(this.folder, 'ca.pem'),
      SOTTO_CLOCK: path.join(this.folder, 'clock'),
    };
  }

  /** URLs of the administrator of databases, by the host that `psql -h` names. */
  databases(urls: Readonly<Record<string, string>>): void {
    this.#env['SOTTO_DATABASES'] = JSON.stringify(urls);
  }

  /** The clock of all processes, in milliseconds. */
  get now(): number {
    return Date.now() + this.#passed;
  }

  /** Sets the clock of all processes forward. */
  async pass(seconds: number): Promise<void> {
    this.#passed += seconds * 1000;
    writeFileSync(path.join(this.folder, 'clock'), `${this.#passed}`);
    await this.#platform?.passed(this.#passed);
  }

  /** Runs lines of a shell in the machine's folder, and stops at the first that fails. */
  run(lines: string, env: Readonly<Record<string, string>> = {}): Promise<Result> {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', lines], {
      cwd: this.folder,
      env: { ...this.#env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (err += data.toString()));
    return new Promise((resolve) => child.once('close', (status) => resolve({ status, out, err })));
  }

  /** Runs lines that must succeed. */
  async must(lines: string, env: Readonly<Record<string, string>> = {}): Promise<Result> {
    const result = await this.run(lines, env);
    if (result.status !== 0) throw new Error(`${lines}\n${result.out}${result.err}`);
    return result;
  }

  /** Runs lines that must succeed after a while: services follow the clock and their neighbours in steps of a second. */
  async eventually(lines: string, attempts = 20): Promise<Result> {
    for (let i = 1; i < attempts; i++) {
      const result = await this.run(lines);
      if (result.status === 0) return result;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    return this.must(lines);
  }

  async #obey(call: ToolCall): Promise<string> {
    if (call.tool === 'wrangler' && this.#platform !== null) return this.#platform.wrangler(call);
    if (call.tool !== 'systemctl') throw new Error(`${call.tool}: not on this machine`);
    const [verb = '', ...words] = call.words.filter((word) => !word.startsWith('--'));
    for (const word of words.filter((one) => one.includes('/'))) {
      this.#units.set(path.basename(word, '.service'), path.resolve(call.cwd, word));
    }
    const files = words.map((word) => this.#units.get(path.basename(word, '.service')) ?? word);
    if (verb === 'stop' || verb === 'restart') for (const file of files) await this.#stop(file);
    if (verb !== 'stop') for (const file of inOrder(files)) await this.#startUnit(file);
    return '';
  }

  async #stop(file: string): Promise<void> {
    const service = this.#services.get(file);
    if (service === undefined) return;
    this.stopped++;
    await service.kill('SIGTERM');
    this.#services.delete(file);
  }

  async #startUnit(file: string): Promise<void> {
    const { command, env, cwd } = readUnit(file, this.folder);
    const [program = '', ...words] = command;
    if (program === 'caddy' && this.proxy !== null) {
      const folder = path.dirname(path.dirname(file));
      this.#services.set(file, await startProxy(this.proxy, folder, this.authority));
      return;
    }
    if (program === 'caddy') {
      const config = words.at(-1) ?? '';
      for (const site of sitesOf(readFileSync(config, 'utf8'))) await this.front.add(site);
      return;
    }
    const script = words.findIndex((word) => word.endsWith('.mjs'));
    const child = await running(
      words[script] ?? '',
      { ...env, ...this.trust },
      words.slice(0, script),
      process.execPath,
      cwd,
    );
    this.#services.set(file, child);
  }

  async close(): Promise<void> {
    for (const name of this.#services.keys()) await this.#stop(name);
    await this.#platform?.close();
    await this.front.close();
    this.#manager.closeAllConnections();
    await new Promise((resolve) => this.#manager.close(resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** As `After=` in the units has it: the gateway last. */
const inOrder = (files: readonly string[]): string[] =>
  files.toSorted((a, b) => Number(a.includes('sotto-gateway')) - Number(b.includes('sotto-gateway')));

function writeScript(file: string, text: string): void {
  writeFileSync(file, `#!/usr/bin/env bash\n${text}\n`);
  chmodSync(file, 0o755);
}
