import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { tcpTap } from '../src/taps/tcp-tap.ts';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** Starts a tap in front of a server of raw sockets, and returns the tap's port. */
async function tapTo(onConnection: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer(onConnection).listen(0, '127.0.0.1');
  closers.push(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  const tap = await tcpTap(0, target, () => {});
  closers.push(() => tap.close());
  return tap.port;
}

const TOO_LARGE = 'HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno';

// workerd does this when a Worker refuses an upload: it responds, and closes with bytes unread.
test('TCP tap: delivers a response that was sent before the end of an upload', async () => {
  const refusing: Socket[] = [];
  const port = await tapTo((socket) => {
    refusing.push(socket);
    socket.once('data', () => {
      socket.pause();
      socket.write(TOO_LARGE);
    });
  });
  const client = connect(port, '127.0.0.1');
  client.write('POST / HTTP/1.1\r\nContent-Length: 8388608\r\n\r\n');
  client.write(new Uint8Array(8 << 20));
  let received = '';
  client.on('data', (data) => {
    received += data.toString();
    for (const socket of refusing) socket.resetAndDestroy();
  });
  const ending = await new Promise((resolve) => {
    client.once('end', () => resolve('end'));
    client.once('error', resolve);
  });
  client.destroy();
  expect([ending, received]).toEqual(['end', TOO_LARGE]);
});

test('TCP tap: closes the client connection when the target resets its own', async () => {
  const port = await tapTo((socket) => socket.resetAndDestroy());
  await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow('fetch failed');
});
