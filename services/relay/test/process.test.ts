import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { COMPILE_CACHE } from '../../../test/support/compile-cache.ts';
import { rawConnection, rawExchange } from '../../../test/support/raw-connection.ts';
import { recordingServer, type RecordingServer } from '../../../test/support/recording-server.ts';
import { vars, type Vars } from './start-relay.ts';
import { eventually } from './told.ts';

const ENTRY = path.join(import.meta.dirname, '../src/node.ts');

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly exited: Promise<number | null>;
  readonly output: () => string;
}

const post = (url: string): Promise<Response> =>
  fetch(`${url}/ohttp`, {
    method: 'POST',
    body: 'x'.repeat(64),
    headers: { 'content-type': 'message/ohttp-req', connection: 'close' },
  });

/** Resident memory of a process, in bytes. */
const resident = ({ pid }: ChildProcess): number =>
  1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** Whether a new connection is accepted. */
async function accepts(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const isAccepted = once(socket, 'connect').then(
    () => true,
    () => false,
  );
  try {
    return await isAccepted;
  } finally {
    socket.destroy();
  }
}

/** Uploads in chunks until the server closes the connection. */
async function upload(url: string, bytes: number): Promise<{ sent: number; status: string }> {
  const connection = rawConnection(url);
  connection.write(
    'POST /ohttp HTTP/1.1\r\nhost: r\r\ncontent-type: message/ohttp-req\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  const piece = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 120), Buffer.from('\r\n')]);
  let sent = 0;
  for (; !connection.socket.destroyed && sent < bytes; sent += piece.length) {
    if (!connection.socket.write(piece)) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await connection.closed();
  return { sent, status: connection.received.slice(9, 12) };
}

describe('the relay as a process', () => {
  let gateway: RecordingServer;
  const children: ChildProcess[] = [];

  /** Starts it, behind a shell command if one is given. Its URL is empty when it ended instead. */
  const start = async (env: Vars, shell = 'exec "$0" "$1"'): Promise<Running> => {
    const child = spawn('/bin/sh', ['-c', shell, process.execPath, ENTRY], {
      env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...COMPILE_CACHE, ...env },
    });
    children.push(child);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
    await Promise.race([exited, eventually(() => output.includes('\n'))]);
    return { child, url: /^ready (\S+)$/m.exec(output)?.[1] ?? '', exited, output: () => output };
  };
  beforeAll(async () => {
    gateway = await recordingServer(() => {});
  });
  beforeEach(() => {
    gateway.reset();
    gateway.answer = (_seen, response) => {
      response.writeHead(200, { 'content-type': 'message/ohttp-res' }).end('sealed');
    };
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => gateway.close());

  test.each([
    [
      'no gateway',
      { GATEWAYS: '' },
      'sotto relay: GATEWAYS: is missing. Set GATEWAYS (or GATEWAYS_FILE, a path): Gateway origins by base path, for example {"": "https://gateway.example"}.',
    ],
    [
      'http',
      { LOCAL: '', GATEWAYS: '{"":"http://gateway.example"}' },
      'sotto relay: GATEWAYS[""]: must be https',
    ],
    [
      'itself',
      { PORT: '18801', GATEWAYS: '{"":"http://127.0.0.1:18801"}' },
      'sotto relay: GATEWAYS: names this relay itself. Name the gateway',
    ],
  ])('R24 %s: it exits with a status and one line', async (_what, env, line) => {
    const { exited, output } = await start(vars(gateway.url, env));
    expect(await exited).toBe(1);
    expect(output()).toBe(`${line}\n`);
  });

  test('R24 a port in use: it exits with a status and one line', async () => {
    const { exited, output } = await start(vars('http://127.0.0.1:1', { PORT: `${gateway.port}` }));
    expect(await exited).toBe(1);
    expect(output()).toBe(
      `sotto relay: 127.0.0.1:${gateway.port}: another process listens there. Stop it, or set another port (EADDRINUSE)\n`,
    );
  });

  test('R06 twenty concurrent uploads of 100 MB are refused early, and memory does not grow', async () => {
    const { child, url } = await start(vars(gateway.url));
    await Promise.all(Array.from({ length: 20 }, () => post(url)));
    gateway.reset();
    const before = resident(child);
    const results = await Promise.all(Array.from({ length: 20 }, () => upload(url, 100e6)));
    expect(results.filter(({ status }) => status !== '413' && status !== '')).toEqual([]);
    expect(Math.max(...results.map(({ sent }) => sent))).toBeLessThan(50e6); // mostly the contents of socket buffers
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(resident(child) - before).toBeLessThan(300e6); // bytes; if everything sent were kept, it would be three times as many
    expect(gateway.seen).toEqual([]);
  });

  test('R05 a body in a hundred thousand chunks of one byte takes no more memory than in one chunk', async () => {
    const { child, url } = await start(
      vars(gateway.url, { REQUEST_MS: '80000', GATEWAY_MS: '80000', WHOLE_REQUEST_MS: '90000' }),
    );
    await Promise.all(Array.from({ length: 20 }, () => post(url)));
    const before = resident(child);
    const head =
      'POST /ohttp HTTP/1.1\r\nhost: r\r\ncontent-type: message/ohttp-req\r\ntransfer-encoding: chunked\r\n\r\n';
    const body = '1\r\nx\r\n'.repeat(100_000);
    const texts = await Promise.all(
      Array.from({ length: 5 }, () => rawExchange(url, `${head}${body}0\r\n\r\n`, 80_000)),
    );
    expect(texts.map((text) => text.slice(9, 12))).toEqual(['200', '200', '200', '200', '200']);
    expect(resident(child) - before).toBeLessThan(300e6); // bytes
  }, 100_000);

  test('X01 on SIGTERM fifty requests in flight finish, new ones are refused, and it exits with 0', async () => {
    const { child, url, exited } = await start(
      vars(gateway.url, { GATEWAY_MS: '120000', DRAIN_MS: '60000' }),
    );
    const waiting: (() => void)[] = [];
    gateway.answer = (_seen, response) => {
      waiting.push(() => response.writeHead(200, { 'content-type': 'message/ohttp-res' }).end('sealed'));
    };
    const inFlight = Array.from({ length: 50 }, () => post(url));
    expect(await eventually(() => waiting.length === 50)).toBe(true);
    child.kill('SIGTERM');
    while (await accepts(url));
    await expect(post(url)).rejects.toThrow('fetch failed');
    for (const respond of waiting) respond();
    const answers = await Promise.all(inFlight);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(await exited).toBe(0);
  }, 50_000); // less than DRAIN_MS, after which it would exit too

  test('X03 with 64 descriptors and 200 clients it responds or refuses, and recovers', async () => {
    const { url } = await start(vars(gateway.url, { GATEWAY_MS: '3000' }), 'ulimit -n 64; exec "$0" "$1"');
    gateway.answer = (_seen, response) => {
      setTimeout(() => response.writeHead(200, { 'content-type': 'message/ohttp-res' }).end('sealed'), 50);
    };
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, () =>
        post(url).then(
          ({ status }) => status,
          () => 'turned away',
        ),
      ),
    );
    expect(outcomes.filter((outcome) => ![200, 502, 503, 504, 'turned away'].includes(outcome))).toEqual([]);
    expect(outcomes).toContain(200);
    await eventually(() => false, 200);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await post(url)).status).toBe(200);
  });

  test('X04 it continues to serve when nobody reads its output', async () => {
    const { child, url } = await start(vars(gateway.url));
    child.stdout?.destroy();
    child.stderr?.destroy();
    for (let i = 0; i < 5; i++) expect((await post(url)).status).toBe(200);
  });

  test('P06 it prints one line only, whatever happens', async () => {
    const { child, url, exited, output } = await start(vars(gateway.url));
    gateway.early = (_request, response) => response.socket?.resetAndDestroy();
    expect((await post(url)).status).toBe(502);
    expect((await fetch(`${url}/nowhere?canary`)).status).toBe(404);
    child.kill('SIGTERM');
    await exited;
    expect(output()).toBe(`ready ${url}\n`);
  });
});
