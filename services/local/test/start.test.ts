import { spawn } from 'node:child_process';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { portOf } from '../src/port.ts';
import { freePorts } from '../src/suite.ts';
import { ROOT } from '../src/worker-code.ts';

const START = path.join(import.meta.dirname, '../src/start.ts');

/** Runs what `npm start` runs, which must end by itself. */
function started(PORT: string): Promise<{ status: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [START], { env: { ...process.env, PORT } });
  const said = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (said.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said.err += data.toString()));
  return new Promise((resolve) => {
    child.once('close', (status) => resolve({ status, ...said }));
  });
}

test('PORT is a port that leaves four above it, 8801 without a word', () => {
  expect(['', undefined, '9000', '65531'].map((text) => portOf(text))).toEqual([8801, 8801, 9000, 65_531]);
  for (const text of ['abc', '0', '-1', '65532', '99999', '8801.5', '8801x']) expect(portOf(text)).toBeNull();
});

test('another PORT is refused in one line', async () => {
  const err = 'PORT is no port that leaves four above it\n';
  expect(await started('abc')).toEqual({ status: 1, out: '', err });
}, 60_000);

test('a port in use is said in one line, with what to do', async () => {
  const base = await freePorts();
  for (const taken of [base, base + 4]) {
    const server: Server = createServer().listen(taken, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { status, out, err } = await started(`${base}`);
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect([status, err]).toEqual([
      1,
      `port ${port} is in use: stop what listens there, or set PORT to another\n`,
    ]);
    expect(out).not.toContain('ready');
  }

  await rm(path.join(ROOT, '.sotto', `${base}`), { recursive: true, force: true });
}, 120_000);
