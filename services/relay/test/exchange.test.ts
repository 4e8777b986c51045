import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PROBLEM_TYPE, PROBLEMS, problemText } from '@sotto/http';
import { rawExchange } from '../../../test/support/raw-connection.ts';
import {
  recordingServer,
  type RecordingServer,
  type RecordedRequest,
} from '../../../test/support/recording-server.ts';
import { OHTTP_KEY } from '../src/response.ts';
import { CREDENTIAL, RELAYS, vars, type RunningRelay } from './start-relay.ts';
import { problem, told } from './told.ts';

const TYPE = 'message/ohttp-req';
const PLATFORM = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding']);

const CLIENTS = 1000;
const WAVE = 50; // clients that connect at once

const answer200 = (seen: RecordedRequest): [number, Record<string, string>, Buffer] => [
  200,
  { 'content-type': 'message/ohttp-res' },
  Buffer.concat([Buffer.from('sealed:'), seen.body]),
];

describe.each(RELAYS)('one exchange through the relay on %s', (runtime, start) => {
  let gateway: RecordingServer;
  let elsewhere: RecordingServer;
  let relay: RunningRelay;
  const respond = (
    status: number,
    headers: Record<string, string | string[]>,
    body: string | Buffer,
  ): void => {
    gateway.answer = (_seen, response) => void response.writeHead(status, headers).end(body);
  };
  const post = (body: Uint8Array<ArrayBuffer> = new Uint8Array(64), headers: Record<string, string> = {}) =>
    fetch(`${relay.url}/ohttp`, {
      method: 'POST',
      body,
      headers: { 'content-type': TYPE, ...headers },
      redirect: 'manual',
    });

  beforeAll(async () => {
    gateway = await recordingServer((_seen, response) => void response.writeHead(404).end());
    elsewhere = await recordingServer((_seen, response) => void response.end('elsewhere'));
    relay = await start(vars(gateway.url, { REQUEST_MS: '60000', GATEWAY_MS: '120000' }));
    await fetch(`${relay.url}/bundle`);
  });
  beforeEach(() => {
    gateway.reset();
    gateway.answer = (seen, response) => {
      const [status, headers, body] = answer200(seen);
      response.writeHead(status, headers).end(body);
    };
  });
  afterAll(async () => {
    await relay.close();
    await gateway.close();
    await elsewhere.close();
  });

  test('forwards the body and returns the response, byte for byte', async () => {
    const body = new Uint8Array(randomBytes(2000));
    const response = await post(body);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.concat([Buffer.from('sealed:'), body]));
    expect(gateway.seen[0]).toMatchObject({ method: 'POST', target: '/.well-known/ohttp-gateway' });
  });

  test('exchanges one after the other use one connection to the gateway', async () => {
    const sealed = randomBytes(163_872);
    respond(200, { 'content-type': 'message/ohttp-res', 'content-length': `${sealed.length}` }, sealed);
    await post();
    gateway.reset();
    for (let i = 0; i < 8; i++) expect(Buffer.from(await (await post()).arrayBuffer())).toEqual(sealed);
    expect(gateway.processed).toBe(8);
    expect(gateway.connections).toBe(0); // new ones
  });

  test('R08 the gateway receives none of forty headers that could mark a client', async () => {
    const canary = randomBytes(16).toString('hex');
    const known = [
      'cookie',
      'user-agent',
      'referer',
      'origin',
      'accept',
      'accept-language',
      'accept-encoding',
      'authorization',
      'cf-connecting-ip',
      'cf-ipcountry',
      'cf-ray',
      'x-forwarded-for',
      'x-forwarded-proto',
      'x-real-ip',
      'true-client-ip',
      'forwarded',
      'via',
      'dnt',
      'sec-ch-ua',
      'if-none-match',
      'traceparent',
      'incremental',
      'priority',
      'x-request-id',
    ];
    const own = Array.from({ length: 40 - known.length }, (_, i) => `x-${canary}-${i}`);
    const lines = [...known, ...own].map((name, i) => `${name}: ${canary}${i}\r\n`).join('');
    const head = `POST /ohttp HTTP/1.1\r\nhost: relay.example\r\ncontent-type: ${TYPE}; ${canary}=1\r\ncontent-length: 64\r\n`;
    const text = await rawExchange(
      relay.url,
      `${head}${lines}connection: x-${canary}-0\r\n\r\n${'x'.repeat(64)}`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    const headers = gateway.seen[0]?.headers ?? [];
    expect([...headers].toSorted((a, b) => (a[0] < b[0] ? -1 : 1))).toEqual([
      ['authorization', `Bearer ${CREDENTIAL}`],
      ...(runtime === 'workerd' ? [['cf-worker', 'relay.example.com']] : []), // added by the platform, the same for everyone
      ['content-length', '64'],
      ['content-type', TYPE],
      ['host', new URL(gateway.url).host],
    ]);
  });

  test('R09 trailers of the request are dropped', async () => {
    const head = `POST /ohttp HTTP/1.1\r\nhost: r\r\ncontent-type: ${TYPE}\r\ntransfer-encoding: chunked\r\ntrailer: x-canary\r\n\r\n`;
    const body = `40\r\n${'x'.repeat(64)}\r\n0\r\nx-canary: 0123456789abcdef\r\n\r\n`;
    expect(await rawExchange(relay.url, head + body)).toMatch(/^HTTP\/1\.1 200 /);
    expect(gateway.seen[0]?.trailers).toEqual([]);
    expect(JSON.stringify(gateway.seen[0]?.headers)).not.toContain('canary');
    expect(gateway.seen[0]?.body).toHaveLength(64);
  });

  test.each([
    [200, { 'content-type': 'text/html' }],
    [200, {}],
    [200, { 'content-type': 'message/ohttp-chunked-res' }],
    [200, { 'content-type': 'message/ohttp-res, text/html' }],
    [201, { 'content-type': 'message/ohttp-res' }],
    [206, { 'content-type': 'message/ohttp-res' }],
    [204, {}],
  ])('R13 a gateway response %i %j is not encapsulated: 502', async (status, headers) => {
    respond(status, headers, status === 204 ? '' : '<h1>hello</h1>');
    expect(await told(await post())).toEqual(problem(PROBLEMS['bad-gateway']));
  });

  test("R14 of the gateway's headers only the listed ones are returned, and no-store", async () => {
    const extra = {
      'set-cookie': 'id=1',
      etag: '"1"',
      via: '1.1 x',
      server: 'x',
      'alt-svc': 'h3=":443"',
      'cache-control': 'public, max-age=9',
      connection: 'x-secret',
      'x-secret': '1',
      vary: 'cookie',
      link: '</x>',
      'access-control-allow-origin': 'https://one.example',
    };
    respond(200, { 'content-type': 'message/ohttp-res', ...extra }, 'sealed');
    const response = await post();
    expect([...response.headers].filter(([name]) => !PLATFORM.has(name))).toEqual([
      ['access-control-allow-origin', '*'],
      ['cache-control', 'no-store'],
      ['content-type', 'message/ohttp-res'],
    ]);
    expect(await response.text()).toBe('sealed');
  });

  test.each([301, 302, 303, 307, 308])('R15 a redirect by %i is not followed: 502', async (status) => {
    respond(status, { location: `${elsewhere.url}/x` }, '');
    expect(await told(await post())).toEqual(problem(PROBLEMS['bad-gateway']));
    expect(elsewhere.connections).toBe(0);
    expect(gateway.connections).toBeLessThanOrEqual(1);
    expect(gateway.processed).toBe(1);
  });

  test.each([
    [400, PROBLEMS['bad-request']],
    [401, PROBLEMS['unauthorized']],
    [413, PROBLEMS['content-too-large']],
    [415, PROBLEMS['unsupported-media-type']],
    [422, PROBLEMS['unprocessable-content']],
    [429, PROBLEMS['too-many-requests']],
    [418, PROBLEMS['bad-request']],
    [500, PROBLEMS['bad-gateway']],
    [503, PROBLEMS['unavailable']],
    [504, PROBLEMS['gateway-timeout']],
  ])("R16 a gateway's %i with a stack trace is replaced by a constant", async (status, constant) => {
    respond(status, { 'content-type': 'text/plain' }, 'Error: at handle (/srv/gateway.js:1:2)');
    expect(await told(await post())).toEqual(problem(constant));
  });

  test('R16 problem text of the gateway is replaced, except the key problem', async () => {
    const echo = JSON.stringify({
      type: 'about:blank',
      title: 'no such key: canary',
      status: 400,
      canary: 1,
    });
    respond(400, { 'content-type': PROBLEM_TYPE }, echo);
    expect(await told(await post())).toEqual(problem(PROBLEMS['bad-request']));
    respond(400, { 'content-type': PROBLEM_TYPE }, problemText(OHTTP_KEY));
    expect(await told(await post())).toEqual(problem(OHTTP_KEY));
    respond(
      400,
      { 'content-type': PROBLEM_TYPE },
      JSON.stringify({ type: OHTTP_KEY.type, detail: 'canary' }),
    );
    expect(await told(await post())).toEqual(problem(OHTTP_KEY));
    respond(400, { 'content-type': PROBLEM_TYPE }, problemText(OHTTP_KEY) + ' '.repeat(5000));
    expect(await told(await post())).toEqual(problem(PROBLEMS['bad-request']));
  });

  test('R18 a response with a content-encoding is refused and not decoded: 502', async () => {
    respond(200, { 'content-type': 'message/ohttp-res', 'content-encoding': 'gzip' }, gzipSync('sealed'));
    expect(await told(await post())).toEqual(problem(PROBLEMS['bad-gateway']));
  });

  test("R23 another gateway's problem that it lacks the key is passed on, and nothing else happens", async () => {
    respond(400, { 'content-type': PROBLEM_TYPE }, problemText(OHTTP_KEY));
    expect(await told(await post())).toEqual(problem(OHTTP_KEY));
    expect(gateway.processed).toBe(1);
  });

  test('R25 a thousand concurrent clients each get the response to their own envelope', async () => {
    const waiting: (() => void)[] = [];
    const arrived = new EventEmitter();
    gateway.answer = (seen, response) => {
      const [status, headers, body] = answer200(seen);
      waiting.push(() => response.writeHead(status, headers).end(body));
      arrived.emit(`${waiting.length}`);
    };
    const bodies = Array.from({ length: CLIENTS }, () => new Uint8Array(randomBytes(64)));
    const responses: Promise<Response>[] = [];
    // A wave connects when the gateway has the one before: no connection waits longer than HEADERS_MS for its
    // headers, on a slow machine either. The gateway responds when it has all, in reverse order.
    while (responses.length < CLIENTS) {
      const wave = bodies.slice(responses.length, responses.length + WAVE);
      const isAtGateway = once(arrived, `${responses.length + wave.length}`);
      responses.push(...wave.map((body) => post(body, { connection: 'close' })));
      await Promise.race([isAtGateway, ...responses]); // a response before its time is a failure, found below
    }
    expect(waiting).toHaveLength(CLIENTS); // all at once
    for (const respondTo of waiting.toReversed()) respondTo();
    const answers = await Promise.all(
      responses.map(async (response) => Buffer.from(await (await response).arrayBuffer()).subarray(7)),
    );
    expect(answers).toEqual(bodies.map((body) => Buffer.from(body)));
    expect(gateway.processed).toBe(CLIENTS);
  });

  test('R26 fifty concurrent equal envelopes are fifty exchanges', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post(new Uint8Array(64).fill(1), { connection: 'close' })),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    await Promise.all(answers.map((response) => response.arrayBuffer()));
    expect(gateway.processed).toBe(50);
  });
});
