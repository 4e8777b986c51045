import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PROBLEMS, problemText } from '@sotto/http';
import { MALFORMED_LENGTHS } from '../../../test/support/content-lengths.ts';
import { rawConnection, rawExchange, wholeResponse } from '../../../test/support/raw-connection.ts';
import { recordingServer, type RecordingServer } from '../../../test/support/recording-server.ts';
import { relay } from '../src/app.ts';
import { configOf, RELAYS, vars, type RunningRelay } from './start-relay.ts';
import { problem, told } from './told.ts';

const ENVELOPE = new Uint8Array(300).fill(7);
const LIMIT = 4096; // bytes

describe.each(RELAYS)('refusals of the relay on %s', (_name, start) => {
  let gateway: RecordingServer;
  let running: RunningRelay;
  const post = (body: BodyInit, type = 'message/ohttp-req', path = '/ohttp'): Promise<Response> =>
    fetch(running.url + path, { method: 'POST', body, headers: { 'content-type': type } });

  beforeAll(async () => {
    gateway = await recordingServer((_seen, response) => {
      response.writeHead(200, { 'content-type': 'message/ohttp-res' }).end('sealed');
    });
    running = await start(vars(gateway.url, { MAX_REQUEST_BYTES: `${LIMIT}`, BUNDLE_SECONDS: '3600' }));
    await fetch(`${running.url}/bundle`); // the schedule's own fetch, so that it cannot happen later
  });
  beforeEach(() => gateway.reset());
  afterAll(async () => {
    await running.close();
    await gateway.close();
  });

  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'TRACE', 'PATCH'])(
    'R01 %s is refused with 405',
    async (method) => {
      const head = `${method} /ohttp HTTP/1.1\r\nhost: relay.example\r\nconnection: close\r\n\r\n`;
      const text = await rawExchange(running.url, head);
      expect(text).toMatch(/^HTTP\/1\.1 405 /);
      expect(text.toLowerCase()).toContain('\r\nallow: post, options\r\n');
      const body = method === 'HEAD' ? '' : problemText(PROBLEMS['method-not-allowed']);
      expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe(body);
      expect(gateway.seen).toEqual([]);
    },
  );

  test('R01 a preflight gets a constant 204 for every origin', async () => {
    const answers = await Promise.all(
      ['https://a.example', 'https://b.example', 'null'].map(async (origin) => {
        const headers = {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'x-a',
        };
        const response = await fetch(`${running.url}/ohttp`, { method: 'OPTIONS', headers });
        const fields = [...response.headers].filter(
          ([name]) => !['date', 'connection', 'keep-alive'].includes(name),
        );
        return { status: response.status, fields, body: await response.text() };
      }),
    );
    expect(answers[0]).toEqual({
      status: 204,
      fields: [
        ['access-control-allow-headers', 'content-type, incremental'],
        ['access-control-allow-methods', 'GET, POST'],
        ['access-control-allow-origin', '*'],
        ['access-control-max-age', '86400'],
      ],
      body: '',
    });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    expect(gateway.seen).toEqual([]);
  });

  test.each(['text/plain', 'xmessage/ohttp-reqx', 'message/ohttp-req, x', 'message/ohttp-res', 'message/*'])(
    'R02 content-type %s is refused with 415',
    async (type) => {
      expect(await told(await post(ENVELOPE, type))).toEqual(problem(PROBLEMS['unsupported-media-type']));
      expect(gateway.seen).toEqual([]);
    },
  );

  test('R02 a missing content-type, and a content-encoding, are refused with 415', async () => {
    const without = `POST /ohttp HTTP/1.1\r\nhost: r\r\ncontent-length: 60\r\n\r\n${'x'.repeat(60)}`;
    expect(await rawExchange(running.url, without)).toMatch(/^HTTP\/1\.1 415 /);
    const headers = { 'content-type': 'message/ohttp-req', 'content-encoding': 'gzip' };
    const encoded = await fetch(`${running.url}/ohttp`, { method: 'POST', body: ENVELOPE, headers });
    expect(await told(encoded)).toEqual(problem(PROBLEMS['unsupported-media-type']));
    expect(gateway.seen).toEqual([]);
  });

  test.each([
    ['message/ohttp-req', 0],
    ['message/ohttp-req', 1],
    ['message/ohttp-req', 54],
    ['message/ohttp-chunked-req', 0],
    ['message/ohttp-chunked-req', 54],
  ])('R03 %s of %i bytes is refused with 400', async (type, length) => {
    expect(await told(await post(new Uint8Array(length), type))).toEqual(problem(PROBLEMS['bad-request']));
    expect(gateway.seen).toEqual([]);
  });

  test('R04 one byte above the limit by Content-Length is refused before the body is read', async () => {
    const connection = rawConnection(running.url);
    connection.write(
      `POST /ohttp HTTP/1.1\r\nhost: r\r\ncontent-type: message/ohttp-req\r\ncontent-length: ${LIMIT + 1}\r\n\r\n`,
    );
    const text = await connection.until(wholeResponse);
    connection.destroy();
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toContain(problemText(PROBLEMS['content-too-large']));
    expect(gateway.seen).toEqual([]);
  });

  test('R05 one byte above the limit in chunks is refused with 413', async () => {
    const size = (LIMIT + 1).toString(16);
    const head = `POST /ohttp HTTP/1.1\r\nhost: r\r\ncontent-type: message/ohttp-req\r\ntransfer-encoding: chunked\r\n\r\n`;
    const text = await rawExchange(running.url, `${head}${size}\r\n${'x'.repeat(LIMIT + 1)}\r\n0\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(gateway.seen).toEqual([]);
  });

  describe.each(['message/ohttp-req', 'message/ohttp-chunked-req'])('a request of %s', (type) => {
    test.each([
      ...MALFORMED_LENGTHS.map((length) => [`content-length: ${length}\r\n`, /^HTTP\/1\.1 400 /] as const),
      ['content-length: 60\r\ncontent-length: 61\r\n', /^HTTP\/1\.1 400 /],
      ['content-length: 1000000000000\r\n', /^HTTP\/1\.1 413 /],
      ['content-length: 9007199254740993\r\n', /^HTTP\/1\.1 413 /],
      ['', /^HTTP\/1\.1 400 /],
    ] as const)('R05 "%s" is refused', async (field, expected) => {
      const head = `POST /ohttp HTTP/1.1\r\nhost: r\r\ncontent-type: ${type}\r\n${field}\r\n`;
      expect(await rawExchange(running.url, head + 'x'.repeat(60))).toMatch(expected);
      expect(gateway.seen).toEqual([]);
    });

    test('R05 a Content-Length with zeros in front is read as a decimal number', async () => {
      const head = `POST /ohttp HTTP/1.1\r\nhost: r\r\ncontent-type: ${type}\r\ncontent-length: 000060\r\n\r\n`;
      await rawExchange(running.url, head + 'x'.repeat(60));
      expect(gateway.seen.map(({ body }) => body.length)).toEqual([60]);
    });
  });

  test.each([
    '/',
    '/other/ohttp',
    '/ohttp/',
    '/OHTTP',
    '/ohttp?target=https://evil.example',
    '/ohttp?',
    '/relay/..%2fadmin',
    '/%6fhttp',
    '//ohttp',
    '/.well-known/ohttp-gateway',
    '/bundle?slot=1',
  ])('R07 %s is refused with 404', async (path) => {
    const head = `POST ${path} HTTP/1.1\r\nhost: relay.example\r\ncontent-type: message/ohttp-req\r\ncontent-length: 300\r\n\r\n`;
    const text = await rawExchange(running.url, head + 'x'.repeat(300));
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
    expect(text).toContain(problemText(PROBLEMS['not-found']));
    expect(gateway.seen).toEqual([]);
  });

  test('health is 200 without content', async () => {
    const response = await fetch(`${running.url}/health`);
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});

test.each(['message/ohttp-req', 'message/ohttp-chunked-req'])(
  'R05 a malformed Content-Length in a request of %s is refused, also by a platform that passes it on',
  async (type) => {
    const { app } = relay({
      config: configOf(vars('https://gateway.example')),
      send: () => Promise.reject(new Error('the gateway was called')),
      now: () => 1_000_000_000_000,
      sleep: () => Promise.resolve(),
      timeout: () => new AbortController().signal,
      byTimer: false,
    });
    for (const length of ['-1', '5, 5', '0x40']) {
      const headers = { 'content-type': type, 'content-length': length };
      const request = new Request('https://relay.example/ohttp', {
        method: 'POST',
        body: new Uint8Array(64),
        headers,
      });
      const response = await app.fetch(request, { admit: () => true, waitUntil: () => {} });
      expect(await told(response)).toEqual(problem(PROBLEMS['bad-request']));
    }
  },
);
