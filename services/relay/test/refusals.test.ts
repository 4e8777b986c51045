import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PROBLEMS, problemText } from '@sotto/http';
import { rawConnection, rawExchange, wholeResponse } from '../../../test/support/raw-connection.ts';
import { recordingServer, type RecordingServer } from '../../../test/support/recording-server.ts';
import { RELAYS, vars, type RunningRelay } from './start-relay.ts';
import { problem, told } from './told.ts';

const ENVELOPE = new Uint8Array(300).fill(7);
const LIMIT = 4096; // bytes

describe.each(RELAYS)('refusals of the relay on %s', (_name, start) => {
  let gateway: RecordingServer;
  let relay: RunningRelay;
  const post = (body: BodyInit, type = 'message/ohttp-req', path = '/ohttp'): Promise<Response> =>
    fetch(relay.url + path, { method: 'POST', body, headers: { 'content-type': type } });

  beforeAll(async () => {
    gateway = await recordingServer((_seen, response) => {
      response.writeHead(200, { 'content-type': 'message/ohttp-res' }).end('sealed');
    });
    relay = await start(vars(gateway.url, { MAX_REQUEST_BYTES: `${LIMIT}`, BUNDLE_SECONDS: '3600' }));
    await fetch(`${relay.url}/bundle`); // the schedule's own fetch, so that it cannot happen later
  });
  beforeEach(() => gateway.reset());
  afterAll(async () => {
    await relay.close();
    await gateway.close();
  });

  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'TRACE', 'PATCH'])(
    'R01 %s is refused with 405',
    async (method) => {
      const head = `${method} /ohttp HTTP/1.1\r\nhost: relay.example\r\nconnection: close\r\n\r\n`;
      const text = await rawExchange(relay.url, head);
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
        const response = await fetch(`${relay.url}/ohttp`, { method: 'OPTIONS', headers });
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
    expect(await rawExchange(relay.url, without)).toMatch(/^HTTP\/1\.1 415 /);
    const headers = { 'content-type': 'message/ohttp-req', 'content-encoding': 'gzip' };
    const encoded = await fetch(`${relay.url}/ohttp`, { method: 'POST', body: ENVELOPE, headers });
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
    const connection = rawConnection(relay.url);
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
    const text = await rawExchange(relay.url, `${head}${size}\r\n${'x'.repeat(LIMIT + 1)}\r\n0\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(gateway.seen).toEqual([]);
  });

  test.each([
    ['content-length: abc\r\n', /^HTTP\/1\.1 400 /],
    ['content-length: -1\r\n', /^HTTP\/1\.1 400 /],
    ['content-length: 1e9\r\n', /^HTTP\/1\.1 400 /],
    ['content-length: 60\r\ncontent-length: 61\r\n', /^HTTP\/1\.1 400 /],
    ['content-length: 1000000000000\r\n', /^HTTP\/1\.1 413 /],
    ['', /^HTTP\/1\.1 400 /],
  ])('R05 "%s" is refused', async (field, expected) => {
    const head = `POST /ohttp HTTP/1.1\r\nhost: r\r\ncontent-type: message/ohttp-req\r\n${field}\r\n`;
    expect(await rawExchange(relay.url, head + 'x'.repeat(60))).toMatch(expected);
    expect(gateway.seen).toEqual([]);
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
    const text = await rawExchange(relay.url, head + 'x'.repeat(300));
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
    expect(text).toContain(problemText(PROBLEMS['not-found']));
    expect(gateway.seen).toEqual([]);
  });

  test('health is 200 without content', async () => {
    const response = await fetch(`${relay.url}/health`);
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});
