import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { PROBLEMS, problemText } from '@sotto/http';
import { rawConnection, rawExchange } from '../../../test/support/raw-connection.ts';
import { recordingServer, type RecordingServer } from '../../../test/support/recording-server.ts';
import { startOnNode, vars, type RunningRelay } from './start-relay.ts';

const BODY = 'x'.repeat(64);
const POST = (type: string): string =>
  `POST /ohttp HTTP/1.1\r\nhost: relay.example\r\ncontent-type: message/${type}\r\ncontent-length: 64\r\n\r\n${BODY}`;

let gateway: RecordingServer;
let relay: RunningRelay;
beforeAll(async () => {
  gateway = await recordingServer(() => {});
  relay = await startOnNode(vars(gateway.url));
});
beforeEach(() => {
  gateway.reset();
  gateway.answer = (_seen, response) => {
    response.writeHead(200, { 'content-type': 'message/ohttp-res' }).end('sealed');
  };
});
afterAll(async () => {
  await relay.close();
  await gateway.close();
});

test.each([
  [
    'two Host fields',
    'GET /health HTTP/1.1\r\nhost: relay.example\r\nhost: evil.example\r\n\r\n',
    'bad-request',
  ],
  ['two equal Host fields', 'GET /health HTTP/1.1\r\nhost: a\r\nHost: a\r\n\r\n', 'bad-request'],
  [
    'two types',
    `POST /ohttp HTTP/1.1\r\nhost: a\r\ncontent-type: message/ohttp-req\r\ncontent-type: text/plain\r\ncontent-length: 64\r\n\r\n${BODY}`,
    'bad-request',
  ],
  ['a dot segment', 'GET /x/../health HTTP/1.1\r\nhost: a\r\n\r\n', 'not-found'],
  ['a single dot', 'GET /./health HTTP/1.1\r\nhost: a\r\n\r\n', 'not-found'],
  ['an encoded dot segment', 'GET /x/%2e%2e/health HTTP/1.1\r\nhost: a\r\n\r\n', 'not-found'],
  ['a backslash', 'GET /x\\..\\health HTTP/1.1\r\nhost: a\r\n\r\n', 'bad-request'],
  [
    'an absolute form',
    'GET http://relay.example/health HTTP/1.1\r\nhost: relay.example\r\n\r\n',
    'not-found',
  ],
] as const)('N20 %s: refused, and nothing is forwarded', async (_what, bytes, code) => {
  const response = await rawExchange(relay.url, bytes);
  expect(response).toContain(`HTTP/1.1 ${PROBLEMS[code].status} `);
  expect(response).toContain(problemText(PROBLEMS[code]));
  expect(gateway.seen.filter(({ method }) => method === 'POST')).toEqual([]);
});

test('N02 a connection that pipelines envelopes and does not read is closed; others are served', async () => {
  const attacker = rawConnection(relay.url);
  attacker.socket.pause();
  for (let i = 0; i < 1000; i++) attacker.write(POST('ohttp-req'));
  for (let i = 0; i < 10; i++) expect(await rawExchange(relay.url, POST('ohttp-req'))).toContain(' 200 ');
  attacker.socket.resume();
  expect(await attacker.closed()).toBe(true);
  expect(gateway.seen.filter(({ method }) => method === 'POST').length).toBeLessThanOrEqual(26);
});

test('N37 a client that does not read its stream keeps its place for STREAM_MS at most', async () => {
  const limited = await startOnNode(vars(gateway.url, { STREAM_MS: '2000', MAX_IN_FLIGHT: '1' }));
  gateway.answer = (_seen, response) => {
    response.writeHead(200, { 'content-type': 'message/ohttp-chunked-res' });
    const piece = Buffer.alloc(65_536);
    const write = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', write);
    write();
  };
  const reader = rawConnection(limited.url);
  reader.write(POST('ohttp-chunked-req'));
  await reader.until((text) => text.length > 0);
  reader.socket.pause();
  const health = (): Promise<string> =>
    rawExchange(limited.url, 'GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  expect(await health()).toContain(' 503 ');
  await expect.poll(health).toContain(' 200 ');
  reader.destroy();
  await limited.close();
});

test('N23 the port that a proxy appends does not make an address another client', async () => {
  const limited = await startOnNode(
    vars(gateway.url, { RATE_BURST: '2', RATE_PER_MINUTE: '1', ADDRESS_HEADER: 'X-Forwarded-For' }),
  );
  const status = async (address: string): Promise<number> => {
    const headers = { 'content-type': 'message/ohttp-req', 'x-forwarded-for': address };
    return (await fetch(`${limited.url}/ohttp`, { method: 'POST', body: BODY, headers })).status;
  };
  const addresses = ['198.51.100.9:50000', '198.51.100.9:50001', '198.51.100.9:50002', '198.51.100.10:50000'];
  const statuses: number[] = [];
  for (const address of addresses) statuses.push(await status(address));
  expect(statuses).toEqual([200, 200, 429, 200]);
  expect([
    await status('[2001:db8::1]:1'),
    await status('2001:db8::2'),
    await status('"[2001:db8::3]"'),
  ]).toEqual([200, 200, 429]);
  await limited.close();
});
