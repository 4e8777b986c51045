import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { EMPTY, fromUtf8, utf8 } from '@sotto/wire';
import { permitAddresses } from '../src/node/addresses.ts';
import { guardedFetch } from '../src/node/connect.ts';
import { fetchService, type Fetch } from '../src/service/fetch-service.ts';
import { gatewaysBefore, statusOf as status } from './support/before-service.ts';
import { testGateway, RESPONSE_LENGTH } from './support/gateway.ts';
import { ok, raw, rawServer, type RawServer } from './support/raw-server.ts';

const open: RawServer[] = [];
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

const HERE = permitAddresses({ own: ['127.0.0.1'], internet: false, nat64: null });
/** Two ways to call a service: the platform's fetch, and that of Node's entry, which resolves names itself. */
const WAYS: readonly (readonly [string, Fetch, readonly string[]])[] = [
  [
    'fetch',
    (url, init) => fetch(url, init),
    ['accept', 'accept-language', 'connection', 'sec-fetch-mode', 'user-agent'],
  ],
  ['Node’s own', guardedFetch(() => Promise.reject(new Error('no names here')), HERE), []],
];

describe.each(WAYS)('over %s', (_way, send, constants) => {
  const { behind, statusAtDeadline } = gatewaysBefore(send, (server) => void open.push(server));
  const page = ok(['content-type: application/json'], '{"results":[]}');

  describe('the request to a plain service', () => {
    test('B11 B35 the request has the fixed header set and the request’s bytes', async () => {
      const { h, server } = await behind(page);
      const sent = await h.search();
      expect([sent.inner.status, fromUtf8(sent.inner.content)]).toEqual([200, '{"results":[]}']);
      const [head = '', body] = (server.requests[0] ?? '').split('\r\n\r\n');
      const [line, ...headers] = head.split('\r\n');
      expect([line, body]).toEqual(['POST /v1/search HTTP/1.1', '{"q":"cat"}']);
      const names = headers.map((header) => header.split(':')[0]?.toLowerCase()).toSorted();
      const ours = ['accept-encoding', 'content-length', 'content-type', 'host'];
      expect(names).toEqual([...ours, ...constants].toSorted());
      expect(headers.map((header) => header.toLowerCase())).toContain('accept-encoding: identity');
      expect(head).not.toMatch(/privatetoken|authorization|date/i);
    });

    test('the requests of two clients differ on the wire only in the body', async () => {
      const { h, server } = await behind(page);
      await h.search();
      await h.search({ content: utf8('{"q":"dog"}') });
      const [one, two] = server.requests.map((request) => request.replace(/"(?:cat|dog)"/, ''));
      expect(one).toBe(two);
    });

    test('a path is appended to the base unchanged, with its query', async () => {
      const { h, server } = await behind(page, '/api/v2');
      await h.search({ method: 'GET', path: '/a%2Fb/c?x=%20&y=1', content: EMPTY });
      expect(server.requests[0]?.split('\r\n')[0]).toBe('GET /api/v2/a%2Fb/c?x=%20&y=1 HTTP/1.1');
    });

    test('B22 a URL that does not result in base and path is refused without a connection', async () => {
      const server = await rawServer(page);
      open.push(server);
      const service = fetchService(`${server.url}/api`, send);
      const paths = ['@evil/', '.evil/', '/../x', '/a\tb', '/\\x', '/a#b', '/ü', ':80@evil/'];
      for (const path of paths) {
        const request = {
          method: 'GET',
          path,
          contentType: null,
          fields: [],
          content: EMPTY,
          outer: new Headers(),
        };
        await expect(service.call(request, AbortSignal.timeout(500))).rejects.toMatchObject({
          code: 'forbidden',
        });
      }
      expect(server.connections()).toBe(0);
    });
  });

  describe('the response of a service', () => {
    test.each([301, 302, 303, 307, 308])('B24 a %i is returned inside and not followed', async (code) => {
      const elsewhere = await rawServer(page);
      open.push(elsewhere);
      const { h, server } = await behind(
        raw([
          `HTTP/1.1 ${code} Found`,
          `location: ${elsewhere.url}/x`,
          'content-length: 0',
          'connection: close',
        ]),
      );
      const sent = await h.search();
      expect(sent.inner.status).toBe(code);
      expect(sent.inner.fields).toContainEqual(['location', `${elsewhere.url}/x`]);
      expect([server.requests.length, elsewhere.connections()]).toEqual([1, 0]);
    });

    test('B31 only the content type of its headers is returned inside', async () => {
      const names = [
        'set-cookie',
        'server',
        'cf-ray',
        'alt-svc',
        'etag',
        'link',
        'vary',
        'x-request-id',
        'location',
        'allow',
      ];
      const headers = names.map((name) => `${name}: canary`);
      const { h } = await behind(ok(['content-type: text/plain', 'retry-after: 7', ...headers], 'hello'));
      const sent = await h.search();
      expect(sent.inner.status).toBe(200);
      expect(sent.inner.fields).toEqual([
        ['content-type', 'text/plain'],
        ['cache-control', 'no-store'],
      ]);
      expect([...sent.response.headers.keys()].toSorted()).toEqual(['cache-control', 'content-type']);
    });

    test('a 429 keeps its Retry-After, a 405 its Allow, a 404 its body', async () => {
      const busy = await behind(
        raw(['HTTP/1.1 429 No', 'retry-after: 7', 'content-length: 0', 'connection: close']),
      );
      expect((await busy.h.search()).inner.fields).toContainEqual(['retry-after', '7']);
      const one = await behind(
        raw(['HTTP/1.1 405 No', 'allow: POST, OPTIONS', 'content-length: 0', 'connection: close']),
      );
      const refused = await one.h.search();
      expect(refused.inner.fields).toContainEqual(['allow', 'POST, OPTIONS']);
      expect(refused.encapsulated.length).toBe((await busy.h.search()).encapsulated.length);
      const lost = await behind(raw(['HTTP/1.1 404 No', 'content-length: 4', 'connection: close'], 'lost'));
      const { inner } = await lost.h.search();
      expect([inner.status, fromUtf8(inner.content)]).toEqual([404, 'lost']);
    });

    test.each([
      ['0', 'HTTP/1.1 000 x'],
      ['99', 'HTTP/1.1 099 x'],
      ['600', 'HTTP/1.1 600 x'],
      ['999', 'HTTP/1.1 999 x'],
      ['101', 'HTTP/1.1 101 Switching'],
    ])('B30 a status of %s is a bad gateway', async (_status, line) => {
      const { h } = await behind(raw([line, 'content-length: 0', 'connection: close']));
      expect(status(await h.search())).toBe('502 bad-gateway');
    });

    test('B30 204 and 304 have no content, whatever follows, and earlier 1xx responses are ignored', async () => {
      for (const code of [204, 304]) {
        const { h } = await behind(
          raw([`HTTP/1.1 ${code} x`, 'content-length: 5', 'connection: close'], 'hello'),
        );
        const { inner } = await h.search();
        expect([`${code} 0`, '502']).toContain(
          inner.status === 502 ? '502' : `${inner.status} ${inner.content.length}`,
        );
      }
      const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(20);
      const { h } = await behind((socket) => {
        socket.write(hints);
        page(socket);
      });
      const { inner } = await h.search();
      expect([200, 502]).toContain(inner.status);
    });

    test('B36 a 500 of the service is passed on, and an exception in our process becomes a constant', async () => {
      const own = await behind(raw(['HTTP/1.1 500 x', 'content-length: 0', 'connection: close']));
      expect((await own.h.search()).inner.status).toBe(500);
      const broken = await testGateway({
        services: {
          stickers: {
            call: () => {
              throw new Error('secret stack');
            },
          },
        },
      });
      const sent = await broken.search();
      expect(status(sent)).toBe('502 bad-gateway');
      expect(fromUtf8(sent.inner.content)).not.toContain('secret');
    });
  });

  describe('faults between gateway and service', () => {
    test('B25 a service that refuses, resets, or hangs is 502 or 504, within the deadline', async () => {
      const gone = await rawServer(page);
      await gone.close();
      const dead = fetchService(gone.url, send);
      const toDead = await testGateway({ services: { stickers: dead } });
      expect(status(await toDead.search())).toBe('502 bad-gateway');

      const head = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n';
      for (const part of ['', head, `${head}\r\nhalf`]) {
        const cut = await behind((socket) => {
          socket.write(part);
          socket.resetAndDestroy();
        });
        expect(status(await cut.h.search())).toBe('502 bad-gateway');
      }

      expect(await statusAtDeadline((_socket, end) => end())).toEqual({
        status: '504 gateway-timeout',
        deadlines: 1,
      });
    });

    test('B26 a lost response is not requested again', async () => {
      const { h, server } = await behind((socket) => socket.destroy());
      expect(status(await h.search())).toBe('502 bad-gateway');
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect([server.requests.length, server.connections()]).toEqual([1, 1]);
    });

    test('B27 a slowly sending service is cut at the deadline for the whole response', async () => {
      const closed = Promise.withResolvers<void>();
      let sent = 0;
      const outcome = await statusAtDeadline((socket, end) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
        const drip = setInterval(() => {
          socket.write('x');
          if (++sent === 10) end();
        }, 20);
        socket.on('close', () => {
          clearInterval(drip);
          closed.resolve();
        });
      });
      expect(outcome).toEqual({ status: '504 gateway-timeout', deadlines: 1 });
      await closed.promise; // by the gateway: the service has 99,990 bytes left
    });

    test('B28 an endless body is cut where it no longer fits', async () => {
      let sent = 0;
      const { h } = await behind((socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
        const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
        const more = (): void => {
          while (!socket.destroyed && sent < 100 << 20) {
            sent += 0x10000;
            if (!socket.write(piece)) break;
          }
        };
        socket.on('drain', more);
        more();
      });
      expect(status(await h.search())).toBe('502 bad-gateway');
      expect(sent).toBeLessThan(32 << 20);
    });

    test('a body that is one byte too long is a bad gateway, and one that fits is passed on', async () => {
      // framing 1, status 2, fields 69 with their length 2, content length 2, trailers 1
      const overhead = 1 + 2 + 1 + (1 + 12 + 1 + 10) + (1 + 13 + 1 + 8) + 2 + 1;
      for (const [length, expected] of [
        [RESPONSE_LENGTH - overhead, '200'],
        [RESPONSE_LENGTH - overhead + 1, '502 bad-gateway'],
      ] as const) {
        const { h } = await behind(ok(['content-type: text/plain'], 'x'.repeat(length)));
        expect([length, status(await h.search())]).toEqual([length, expected]);
      }
    });

    test.each([
      ['gzip bomb', 'gzip', gzipSync(Buffer.alloc(20 << 20))],
      ['brotli', 'br', brotliCompressSync(Buffer.alloc(1000))],
      ['gzip on a plain body', 'gzip', Buffer.from('plain')],
      ['unknown', 'x-own', Buffer.from('plain')],
      ['six layers', 'gzip, gzip, gzip, gzip, gzip, gzip', gzipSync(Buffer.alloc(10))],
    ])('B29 a content coding (%s) is a bad gateway, and is not decoded', async (_name, coding, body) => {
      const head = ['HTTP/1.1 200 OK', `content-encoding: ${coding}`, `content-length: ${body.length}`];
      const { h } = await behind(raw(head, body.toString('latin1')));
      expect(status(await h.search())).toBe('502 bad-gateway');
    });

    test.each([
      [
        'length and chunked both',
        ['HTTP/1.1 200 OK', 'content-length: 5', 'transfer-encoding: chunked'],
        '0\r\n\r\n',
      ],
      ['two lengths', ['HTTP/1.1 200 OK', 'content-length: 5', 'content-length: 6'], 'hello!'],
      ['a list of equal lengths', ['HTTP/1.1 200 OK', 'content-length: 5, 5'], 'hello'],
      ['a header over 64 KB', ['HTTP/1.1 200 OK', `x: ${'y'.repeat(70_000)}`, 'content-length: 0'], ''],
      ['a broken chunk size', ['HTTP/1.1 200 OK', 'transfer-encoding: chunked'], 'zz\r\nhello\r\n0\r\n\r\n'],
      ['no HTTP', ['SSH-2.0-x'], ''],
    ])('B32 a response with %s is a bad gateway', async (_name, head, body) => {
      const { h } = await behind(raw(head, body));
      expect(status(await h.search())).toBe('502 bad-gateway');
    });
  });
});
