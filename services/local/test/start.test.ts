import { spawn } from 'node:child_process';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { portOf } from '../src/port.ts';
import { freePorts } from '../src/ports.ts';
import { ROOT } from '../src/worker-code.ts';

const START = path.join(import.meta.dirname, '../src/start.ts');

/** Runs the script of `npm start` until it exits by itself. */
function runStart(PORT: string): Promise<{ status: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [START], { env: { ...process.env, PORT } });
  const output = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (output.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output.err += data.toString()));
  return new Promise((resolve) => {
    child.once('close', (status) => resolve({ status, ...output }));
  });
}

test('PORT: a port with five more above it, 8801 by default', () => {
  expect(['', undefined, '9000', '65530'].map((text) => portOf(text))).toEqual([8801, 8801, 9000, 65_530]);
  for (const text of ['abc', '0', '-1', '65531', '99999', '8801.5', '8801x']) expect(portOf(text)).toBeNull();
});

test('npm start: ends with status 1 and one line for an invalid PORT', async () => {
  const err = 'PORT: abc is not a port with five more above it. Use 1 to 65530, or leave it out for 8801.\n';
  expect(await runStart('abc')).toEqual({ status: 1, out: '', err });
}, 60_000);

test('npm start: names a port that is in use, and the remedy, in one line', async () => {
  const base = await freePorts();
  for (const used of [base, base + 4]) {
    const server: Server = createServer().listen(used, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { status, out, err } = await runStart(`${base}`);
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect([status, err]).toEqual([
      1,
      `port ${port} is in use. Stop the program that listens there, or set PORT to another port.\n`,
    ]);
    expect(out).not.toContain('ready');
  }

  await rm(path.join(ROOT, '.sotto', `${base}`), { recursive: true, force: true });
}, 120_000);
