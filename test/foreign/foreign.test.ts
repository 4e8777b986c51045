import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { probe } from '../../packages/cli/src/commands/probe.ts';
import { ROWS } from '../../packages/cli/src/probe/rows.ts';
import { plainIo } from '../../packages/cli/test/support/io.ts';
import { freePorts } from '../../services/local/src/ports.ts';
import { CRATE, GATEWAY, OPENPCC } from './expected.ts';

const BUILD_MS = 30 * 60_000; // a Rust toolchain compiles every dependency
const here = import.meta.dirname;
const has = (tool: string, argument: string): boolean => spawnSync(tool, [argument]).status === 0;
const GO = has('go', 'version');
const CARGO = has('cargo', '--version');

/** Compiled gateways are kept between runs if this names a folder. */
const folder = process.env['SOTTO_FOREIGN'] ?? mkdtempSync(path.join(tmpdir(), 'sotto-foreign-'));

const running: ChildProcess[] = [];
let target: Server;

beforeAll(async () => {
  target = createServer((request, response) => {
    request.resume();
    response.writeHead(request.url === '/' ? 200 : 404).end('hello');
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  for (const child of running) child.kill();
  target.close();
});

function must(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): void {
  const { status, stderr } = spawnSync(command, args, { cwd, env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.toString().slice(-2000)}`);
}

/** Starts a gateway and waits for the line that names its address. */
async function started(file: string, says: RegExp, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = spawn(file, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  for await (const line of createInterface(child.stdout)) {
    const [, port] = says.exec(line) ?? [];
    if (port !== undefined) {
      child.stdout.resume();
      return port;
    }
  }
  throw new Error(`${file} ended without a port`);
}

interface Found {
  readonly id: string;
  readonly level: string;
  readonly result: string;
}

/** The probe's findings about a gateway. They have every row for gateways. */
async function probed(base: string, keys: string): Promise<Record<string, string>> {
  const lines: string[] = [];
  const argv = ['--gateway', base, '--keys', keys, '--target', 'http://target.example/', '--json'];
  await probe(argv, plainIo(fetch, lines));
  const found = lines.map((line) => JSON.parse(line) as Found);
  expect(found.map(({ id }) => id)).toEqual(
    ROWS.filter(({ relayOnly }) => relayOnly !== true).map(({ id }) => id),
  );
  return Object.fromEntries(found.map(({ id, result }) => [id, result]));
}

/** Rows that every implementation of a gateway of this standard passes. */
const COMMON = [
  '9458/3.2/1',
  '9458/4.3/1',
  '9458/4.3/2',
  '9458/4.3/3',
  '9458/4.3/5',
  '9458/4.4/1',
  '9458/4/1',
  '9458/5.2/1',
  '9292/3/1',
  '9292/3.2/1',
  '9292/3.8/2',
  'http/5',
];

const failed = (found: Record<string, string>): string[] =>
  Object.keys(found).filter((id) => found[id] === 'fail');

describe('probe of foreign gateways', () => {
  test.skipIf(!GO)(`${OPENPCC.name} (skipped without go)`, { timeout: BUILD_MS }, async () => {
    const file = path.join(folder, 'openpcc');
    must('go', ['build', '-o', file, '.'], path.join(here, 'openpcc'));
    const port = await started(file, /^(\d+)$/);
    const found = await probed(`http://127.0.0.1:${port}/gateway`, `http://127.0.0.1:${port}/keys`);
    expect(COMMON.filter((id) => found[id] !== 'pass')).toEqual([]);
    expect(failed(found)).toEqual(OPENPCC.fails);
  });

  test.skipIf(!CARGO)(`${CRATE.name} (skipped without cargo)`, { timeout: BUILD_MS }, async () => {
    const source = path.join(folder, 'ohttp-crate');
    cpSync(path.join(here, 'ohttp-crate'), source, { recursive: true });
    must('cargo', ['build', '--locked'], source);
    const port = await started(path.join(source, 'target/debug/foreign'), /^(\d+)$/);
    const found = await probed(`http://127.0.0.1:${port}/gateway`, `http://127.0.0.1:${port}/keys`);
    expect(COMMON.filter((id) => found[id] !== 'pass')).toEqual([]);
    expect(failed(found)).toEqual(CRATE.fails);
  });

  test.skipIf(!CARGO)(`${GATEWAY.name} (skipped without cargo)`, { timeout: BUILD_MS }, async () => {
    const args = ['install', 'ohttp-gateway', '--version', '1.0.2', '--locked', '--root', folder];
    must('cargo', args, folder);
    const port = await freePorts(1);
    const { port: behind } = target.address() as AddressInfo;
    await started(path.join(folder, 'bin/ohttp-gateway'), /listening on [^ ]*:(\d+)/, {
      PORT: `${port}`,
      BACKEND_URL: `http://127.0.0.1:${behind}`,
      ALLOWED_TARGET_ORIGINS: 'target.example',
      TARGET_REWRITES: JSON.stringify({
        'target.example': { scheme: 'http', host: `127.0.0.1:${behind}` },
      }),
      RATE_LIMIT_RPS: '100000',
      RATE_LIMIT_BURST: '100000',
    });
    const found = await probed(`http://127.0.0.1:${port}/gateway`, `http://127.0.0.1:${port}/ohttp-configs`);
    expect(COMMON.filter((id) => found[id] !== 'pass')).toEqual([]);
    expect(failed(found)).toEqual(GATEWAY.fails);
  });
});
