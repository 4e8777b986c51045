import { beforeAll, describe, expect, test } from 'vitest';
import type { BhttpRequest, Field } from '@sotto/bhttp';
import { EMPTY, utf8 } from '@sotto/wire';
import { MALFORMED_LENGTHS, WELL_FORMED_LENGTHS } from '../../../test/support/content-lengths.ts';
import { admit, METHODS, type RowPolicy } from '../src/admission/admit.ts';
import { inner } from './support/client.ts';
import { testGateway, type TestGateway } from './support/gateway.ts';

const ROW: RowPolicy = { methods: ['GET', 'POST'], paths: '/', fields: [] };
const ANY_METHOD: RowPolicy = { ...ROW, methods: METHODS };
const rows = new Map([['stickers', ANY_METHOD]]);

/** The code of the refusal, or `admitted`. */
function outcome(changes: Partial<BhttpRequest>, row?: RowPolicy): string {
  try {
    admit(inner(changes), row === undefined ? rows : new Map([['stickers', row]]));
    return 'admitted';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const withField = (...fields: Field[]): string => outcome({ fields });

describe('the request line', () => {
  test('B15 a method that no service takes is refused', () => {
    for (const method of ['CONNECT', 'TRACE', 'TRACK', 'PURGE']) {
      expect(outcome({ method })).toBe('method-not-allowed');
    }
    for (const method of ['get', '', 'Post', 'X'.repeat(4096), 'GET /x HTTP/1.1\r\nA: b']) {
      expect(outcome({ method })).toBe('bad-request');
    }
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) expect(outcome({ method })).toBe('admitted');
    for (const method of ['GET', 'HEAD']) expect(outcome({ method, content: EMPTY })).toBe('admitted');
    for (const method of ['GET', 'HEAD']) expect(outcome({ method })).toBe('bad-request');
  });

  test('B20 a scheme that is not exactly https is refused', () => {
    for (const scheme of ['http', 'ftp', 'file', 'data', 'blob', 'HTTPS', 'https:', '']) {
      expect(outcome({ scheme })).toBe('bad-request');
    }
  });

  test('B12 Host must occur once and equal the authority; an empty authority means Host', () => {
    expect(withField(['host', 'stickers'])).toBe('admitted');
    expect(outcome({ authority: '', fields: [['host', 'stickers']] })).toBe('admitted');
    expect(withField(['host', 'other'])).toBe('bad-request');
    expect(withField(['host', ''])).toBe('bad-request');
    expect(outcome({ authority: '' })).toBe('bad-request');
    expect(outcome({ authority: '', fields: [['host', '']] })).toBe('bad-request');
    expect(withField(['host', 'stickers'], ['host', 'stickers'])).toBe('bad-request');
  });

  test('B21 B22 an authority that is not in the table, or a path that could be part of one, gets the same response', () => {
    const authorities = [
      'evil.example',
      'stickers:443',
      'stickers:8080',
      'Stickers',
      'stickers.',
      'stickers.evil.example',
      'good@evil',
      'stickers@evil',
      'stickers\\@evil',
      'ｓｔｉｃｋｅｒｓ',
      'stickers。',
      'sti\tckers',
      'stickers%00',
      '0x7f.1',
      '2130706433',
      '127.0.0.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      'localhost',
      '__proto__',
      'constructor',
    ];
    for (const authority of authorities)
      expect([authority, outcome({ authority })]).toEqual([authority, 'forbidden']);
    const paths = [
      '',
      '*',
      '?x',
      '#x',
      '@evil/',
      ':8080@evil/',
      '.evil.example/',
      '//evil',
      '\\evil',
      '/\\evil',
      '/a\\b',
      '/../x',
      '/a/../../x',
      '/a/%2e%2e/x',
      '/a/.%2E',
      '/./x',
      '/a#b',
      '/a b',
      '/%zz',
      '/%2',
      '/a\r\nb',
      '/ü',
      'https://evil.example/',
    ];
    for (const path of paths) expect([path, outcome({ path })]).toEqual([path, 'forbidden']);
    for (const path of ['/', '/v1/search?q=a&b=%20c', '/a.b/..c', '/a:b@c', '/?a=/../b']) {
      expect([path, outcome({ path })]).toEqual([path, 'admitted']);
    }
  });
});

describe('the header set', () => {
  test('B11 B33 B35 connection, upgrade and identity fields are refused', () => {
    const names = [
      'connection',
      'keep-alive',
      'proxy-connection',
      'te',
      'trailer',
      'transfer-encoding',
      'upgrade',
      'http2-settings',
      'x-nominated',
      'cf-connecting-ip',
      'cf-ray',
      'x-forwarded-for',
      'user-agent',
      'accept',
      'accept-language',
      'referer',
      'cookie',
    ];
    for (const name of names) expect([name, withField([name, 'x'])]).toEqual([name, 'bad-request']);
  });

  test('B14 an expectation gets 417', () => {
    expect(withField(['expect', '100-continue'])).toBe('expectation-failed');
    expect(withField(['x-unknown', '1'], ['expect', 'anything'])).toBe('expectation-failed');
  });

  test('B16 a repeated field is refused, and neither of the two is used', () => {
    for (const name of ['authorization', 'content-type', 'host']) {
      expect(withField([name, 'stickers'], [name, 'stickers'])).toBe('bad-request');
    }
    expect(withField(['date', 'a'], ['date', 'a'])).toBe('date');
  });

  test('B17 one or three cookies are refused', () => {
    expect(withField(['cookie', 'a=1'], ['cookie', 'b=2'], ['cookie', 'c=3'])).toBe('bad-request');
  });

  test('B13 a content-length that is repeated, not plain digits, or not the length of the content is refused', () => {
    const content = utf8('12345');
    const declared = (value: string) => outcome({ content, fields: [['content-length', value]] });
    for (const [value, bytes] of WELL_FORMED_LENGTHS) {
      expect(declared(value)).toBe(bytes === content.length ? 'admitted' : 'bad-request');
    }
    for (const value of ['4', '6', '5e0', ' 5', '5,5', '9'.repeat(40), ...MALFORMED_LENGTHS]) {
      expect(declared(value)).toBe('bad-request');
    }
    const twice: Field[] = [
      ['content-length', '5'],
      ['content-length', '5'],
    ];
    expect(outcome({ content, fields: twice })).toBe('bad-request');
  });

  test('B19 trailers are refused', () => {
    for (const name of ['content-length', 'transfer-encoding', 'authorization', 'content-type', 'x-check']) {
      expect(outcome({ trailers: [[name, '5']] })).toBe('bad-request');
    }
  });

  test('B34 a value with bytes over 0x7e is refused', () => {
    for (let byte = 0x7f; byte <= 0xff; byte++) {
      expect(withField(['content-type', `text/plain${String.fromCharCode(byte)}`])).toBe('bad-request');
    }
    expect(withField(['content-type', 'x'.repeat(257)])).toBe('bad-request');
    expect(withField(['content-type', ''])).toBe('bad-request');
  });
});

describe('a refusal before redemption', () => {
  let h: TestGateway;
  beforeAll(async () => {
    h = await testGateway();
  });

  test.each<[string, Partial<BhttpRequest>, number, string]>([
    ['B14', { fields: [['expect', '100-continue']] }, 417, 'expectation-failed'],
    ['B15', { method: 'CONNECT' }, 405, 'method-not-allowed'],
    ['B20', { scheme: 'http' }, 400, 'bad-request'],
    ['B21', { authority: 'evil.example' }, 403, 'forbidden'],
    ['B22', { path: '//evil' }, 403, 'forbidden'],
    ['B33', { fields: [['upgrade', 'websocket']] }, 400, 'bad-request'],
    ['B35', { fields: [['user-agent', 'me']] }, 400, 'bad-request'],
  ])(
    '%s goes back inside; no token is spent and no service is called',
    async (_id, changes, status, code) => {
      const sent = await h.search(changes);
      expect([sent.response.status, sent.inner.status, sent.code]).toEqual([200, status, code]);
      expect(sent.inner.fields).toEqual([
        ['content-type', 'application/problem+json'],
        ['cache-control', 'no-store'],
        ['proxy-status', 'sotto-gateway'],
        ...(status === 405 ? [['allow', 'GET, HEAD, POST']] : []),
      ]);
      expect([h.calls.length, h.issuer.calls.length]).toEqual([0, 0]);
    },
  );
});
