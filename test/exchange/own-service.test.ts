import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '../../services/local/src/ports.ts';
import { ROOT } from '../../services/local/src/worker-code.ts';
import { running, type Killable } from '../support/killable.ts';
import { streamingService, type StreamingService } from '../support/streaming-service.ts';

const START = 'services/local/src/start.ts';
const PROGRAM = path.join(ROOT, 'packages/cli/src/main.ts');

let port: number;
let api: Server;
let feed: StreamingService;
let url: string;

beforeAll(async () => {
  port = await freePorts();
  feed = await streamingService();
  api = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end(`${request.method} ${request.url} ${request.headers.accept}`);
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});
afterAll(async () => {
  for (const suite of suites) await suite.kill();
  api.close();
  await feed.close();
  rmSync(path.join(ROOT, '.sotto', `${port}`), { recursive: true, force: true });
});

const suites: Killable[] = [];

async function started(...args: string[]): Promise<Killable> {
  const suite = await running(START, { PORT: `${port}` }, [], undefined, undefined, args);
  suites.push(suite);
  return suite;
}

/** The command line, with a wallet and a profile of this test. */
function sotto(...args: string[]): ChildProcess {
  const state = path.join(ROOT, '.sotto', `${port}`, 'cli');
  const env = { PATH: process.env['PATH'], PORT: `${port}`, XDG_STATE_HOME: state, XDG_CONFIG_HOME: state };
  return spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function outputOf(child: ChildProcess): Promise<string> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const status = await new Promise((resolve) => child.once('close', resolve));
  return `${String(status)} ${output.trim()}`;
}

const rootOf = async (): Promise<string> =>
  ((await (await fetch(`http://127.0.0.1:${port + 4}/local.json`)).json()) as { root: string }).root;

test('npm start: puts an own API and an own stream behind the suite, and its state follows the table', async () => {
  const notes = ['--service', `notes=${url}`];
  let suite = await started(...notes, '--stream', `feed=${feed.url}`);
  const first = await rootOf();
  expect(await outputOf(sotto('fetch', 'https://notes/v1/a?b=c', '-X', 'DELETE', '-H', 'accept: a/b'))).toBe(
    '0 DELETE /v1/a?b=c a/b',
  );
  const reading = sotto('fetch', 'https://feed/v1/lines');
  const service = await feed.next();
  for (let i = 0; i < 3; i++) {
    const line = new Promise((resolve) =>
      reading.stdout?.once('data', (data: Buffer) => resolve(String(data))),
    );
    service.write(`line ${i}\n`);
    expect(await line).toBe(`line ${i}\n`); // printed before the next one is sent
  }
  service.end();
  expect(await new Promise((resolve) => reading.once('close', resolve))).toBe(0);
  await suite.kill();

  // Another table on the same port: the stored bundles of the first one do not interfere.
  suite = await started(...notes);
  expect(await rootOf()).not.toBe(first);
  expect(await outputOf(sotto('fetch', 'https://notes/v1/a'))).toBe('0 GET /v1/a undefined');
  expect(await outputOf(sotto('fetch', 'https://feed/v1/lines'))).toMatch(/^1 .*does not list this service/);
  await suite.kill();
}, 300_000);
