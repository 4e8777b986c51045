import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { NotSentError } from '../src/index.ts';
import { detectNotSent } from '../src/node/index.ts';
import type { FetchInit } from '../src/platform.ts';
import { timerDeadline } from '../src/platform.ts';

const INIT: FetchInit = {
  method: 'GET',
  headers: {},
  redirect: 'error',
  credentials: 'omit',
  cache: 'no-store',
  referrerPolicy: 'no-referrer',
};
const nodeFetch = detectNotSent((url, init) => fetch(url, init));
let server: Server | null = null;
afterEach(() => server?.close());

async function listen(handle: (socket: { destroy(): void }) => void): Promise<string> {
  server = createServer((request) => handle(request.socket));
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('Node’s fetch', () => {
  test('a port that nobody listens on, and a host without an address: NotSentError', async () => {
    const url = await listen(() => {});
    await new Promise((resolve) => server?.close(resolve));
    await expect(nodeFetch(url, INIT)).rejects.toThrow(NotSentError);
    await expect(nodeFetch('https://relay.invalid', INIT)).rejects.toThrow(NotSentError);
  });

  test('a connection that is cut after the request was sent: another error', async () => {
    const url = await listen((socket) => socket.destroy());
    const error = await nodeFetch(url, INIT).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TypeError);
  });
});

test('N36 timerDeadline: its signal aborts although only AbortSignal.any refers to it', async () => {
  const any = AbortSignal.any([timerDeadline(0.02)]);
  await new Promise((resolve) => any.addEventListener('abort', resolve));
  expect(any.aborted).toBe(true);
});
