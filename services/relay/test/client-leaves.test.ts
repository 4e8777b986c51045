import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { faultProxy, type FaultProxy } from '../../../test/support/fault-proxy.ts';
import { rawConnection } from '../../../test/support/raw-connection.ts';
import { recordingServer, type RecordingServer } from '../../../test/support/recording-server.ts';
import { RELAYS, vars, type RunningRelay } from './start-relay.ts';
import { eventually } from './told.ts';

const CHUNKED = 'message/ohttp-chunked-req';
const DEADLINES = { GATEWAY_MS: '120000', STREAM_MS: '600000' }; // beyond every wait of the test

describe.each(RELAYS)('a client that disconnects from the relay on %s', (name, start) => {
  let gateway: RecordingServer;
  let proxy: FaultProxy;
  let relay: RunningRelay;

  beforeAll(async () => {
    gateway = await recordingServer(
      (_seen, response) => void response.writeHead(404, { connection: 'close' }).end(),
    );
    proxy = await faultProxy(gateway.port);
    relay = await start(vars(proxy.url, DEADLINES));
    await fetch(`${relay.url}/bundle`);
  });
  beforeEach(async () => {
    await eventually(() => proxy.open === 0, 6000); // the connection that the fetch of the bundle left open
    gateway.reset();
  });
  afterAll(async () => {
    await relay.close();
    await proxy.close();
    await gateway.close();
  });

  test.each([
    ['message/ohttp-req', 'content-length: 4000', 'reset'],
    ['message/ohttp-req', 'content-length: 4000', 'end'],
    [CHUNKED, 'content-length: 4000', 'reset'],
    [CHUNKED, 'content-length: 4000', 'end'],
    [CHUNKED, 'transfer-encoding: chunked', 'reset'],
    [CHUNKED, 'transfer-encoding: chunked', 'end'],
  ])(
    'R21 %s (%s) that the client ends early by %s never looks complete to the gateway',
    async (type, framing, how) => {
      let begun = false;
      gateway.early = () => void (begun = true);
      const connection = rawConnection(relay.url);
      const body = framing.startsWith('transfer') ? `7d0\r\n${'x'.repeat(2000)}\r\n` : 'x'.repeat(2000);
      connection.write(
        `POST /ohttp HTTP/1.1\r\nhost: r\r\ncontent-type: ${type}\r\n${framing}\r\n\r\n${body}`,
      );
      if (type === CHUNKED) await eventually(() => begun); // a relay that has not begun sends nothing later
      await connection.until(() => false, 100);
      if (how === 'reset') connection.socket.resetAndDestroy();
      else connection.socket.end();
      expect(await eventually(() => proxy.open === 0)).toBe(true);
      await eventually(() => gateway.seen.length > 0, type === CHUNKED ? 60_000 : 100);
      expect(gateway.processed).toBe(0);
      expect(gateway.seen.map(({ complete }) => complete)).toEqual(type === CHUNKED ? [false] : []);
    },
  );

  test.each(['message/ohttp-req', CHUNKED])(
    'R22 a client that disconnects while reading %s frees the gateway',
    async (type) => {
      gateway.answer = (_seen, response) => {
        response.writeHead(200, { 'content-type': type.replace('-req', '-res') });
        const timer = setInterval(() => response.write('x'.repeat(100)), 20);
        response.once('close', () => clearInterval(timer));
      };
      const body = 'x'.repeat(64);
      const head = `POST /ohttp HTTP/1.1\r\nhost: r\r\ncontent-type: ${type}\r\ncontent-length: 64\r\n\r\n`;
      const rounds = name === 'Node' ? 50 : 5;
      await Promise.all(
        Array.from({ length: rounds }, async () => {
          const connection = rawConnection(relay.url);
          connection.write(head + body);
          await connection.until((text) => text.length > 300, 150);
          connection.socket.resetAndDestroy();
        }),
      );
      expect(await eventually(() => proxy.open === 0)).toBe(true);
    },
  );
});
