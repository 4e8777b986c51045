import { describe, expect, test } from 'vitest';
import type { BhttpRequest, Field } from '@sotto/bhttp';
import { EMPTY } from '@sotto/wire';
import { admit, isAdmissible, type RowPolicy } from '../src/admission/admit.ts';
import { inner } from './support/client.ts';

const ROW: RowPolicy = { methods: ['GET', 'POST'], paths: '/', fields: [] };

/** The code of a refusal, or `admitted`. */
function outcome(changes: Partial<BhttpRequest>, row: RowPolicy): string {
  try {
    admit(inner(changes), new Map([['stickers', row]]));
    return 'admitted';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('N11 the requests that a row admits', () => {
  test('only GET and POST by default, and HEAD with GET', () => {
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'PROPFIND']) {
      expect([method, outcome({ method, content: EMPTY }, ROW)]).toEqual([method, 'method-not-allowed']);
    }
    for (const method of ['GET', 'HEAD', 'POST']) {
      expect(outcome({ method, content: EMPTY }, ROW)).toBe('admitted');
    }
    expect(outcome({ method: 'HEAD', content: EMPTY }, { ...ROW, methods: ['POST'] })).toBe(
      'method-not-allowed',
    );
    expect(outcome({ method: 'PUT' }, { ...ROW, methods: ['PUT'] })).toBe('admitted');
    expect(outcome({ method: 'OPTIONS', path: '/' }, { ...ROW, methods: ['OPTIONS'] })).toBe('admitted');
  });

  test('no path that a service could read as another one', () => {
    const paths = [
      '/%2e%2e%2fadmin',
      '/%2e%2e/admin',
      '/a/%2E%2E',
      '/..;/x',
      '/..;a=b/x',
      '/%2e;/x',
      '/.;/x',
      '/..%5cx',
      '/a%5c..%5cx',
      '/%0d%0aX:y',
      '/a%00b',
      '/a%09b',
      '/a%7f',
      '/%252e%252e/x',
      '/%252e%252e%252fx',
      '/%25%32%65',
      '/%c0%ae%c0%ae/x',
      '/%ff',
      '/%ef%bc%8e%ef%bc%8e/x', // full-width dots
      '/%e2%80%a5/x', // a two-dot leader
      '/.%20./x',
      '/..%20/x',
      '/%20/x',
      '/...',
    ];
    for (const path of paths) expect([path, outcome({ path }, ROW)]).toEqual([path, 'forbidden']);
    for (const path of [
      '/a%20b',
      '/%e4%bd%a0',
      '/a%2Fb',
      '/100%25',
      '/..a/b..',
      '/a;b=c/d',
      '/.well-known/x',
    ]) {
      expect([path, outcome({ path }, ROW)]).toEqual([path, 'admitted']);
    }
    expect(outcome({ path: '/v1?q=%0d%0a%2e%2e/..%5c%00' }, ROW)).toBe('admitted'); // a query is text
  });

  test('only paths under its prefix, at the end of a segment', () => {
    const v1 = { ...ROW, paths: '/v1' };
    for (const path of ['/v1', '/v1/', '/v1/search', '/v1?q=a', '/v1/a/b?c']) {
      expect([path, outcome({ path }, v1)]).toEqual([path, 'admitted']);
    }
    for (const path of ['/', '/v2', '/v10', '/v1.', '/V1/x', '/v1;x', '/v1%2fx', '/v1/../v2', '/x/v1/y']) {
      expect([path, outcome({ path }, v1)]).toEqual([path, 'forbidden']);
    }
    expect(outcome({ path: '/v1' }, { ...ROW, paths: '/v1/' })).toBe('forbidden');
  });

  test('N75 the fields that it names, which the service gets, and no others', async () => {
    const row = { ...ROW, fields: ['accept', 'user-agent'] };
    const fields: Field[] = [
      ['accept', 'text/html'],
      ['user-agent', 'curl/8'],
      ['date', 'x'],
      ['content-type', 'a/b'],
    ];
    expect(outcome({ fields }, row)).toBe('admitted');
    expect(admit(inner({ fields }), new Map([['stickers', row]])).fields).toEqual(fields.slice(0, 2));
    expect(
      outcome(
        {
          fields: [
            ['accept', 'a'],
            ['accept', 'b'],
          ],
        },
        row,
      ),
    ).toBe('bad-request');
    expect(outcome({ fields: [['accept', 'ü']] }, row)).toBe('bad-request');
    expect(outcome({ fields: [['accept-language', 'en']] }, row)).toBe('bad-request');
    for (const name of [
      'cookie',
      'connection',
      'host',
      'x-forwarded-for',
      'cf-connecting-ip',
      'sec-ch-ua',
      'date',
      'Accept',
      'a b',
      '',
    ]) {
      expect([name, isAdmissible(name)]).toEqual([name, false]);
    }
    for (const name of [
      'accept',
      'user-agent',
      'accept-language',
      'if-none-match',
      'range',
      'x-api-version',
    ]) {
      expect([name, isAdmissible(name)]).toEqual([name, true]);
    }
  });
});
