import { describe, expect, test } from 'vitest';
import { ambiguityOf } from '../src/node/framing.ts';

const HOST = ['Host', 'relay.example'];

describe('N20 a request that two parsers could read differently', () => {
  test.each([
    'host',
    'HOST',
    'Content-Length',
    'content-type',
    'Transfer-Encoding',
    'Authorization',
    'content-encoding',
  ])('two %s fields are refused, also with equal values', (name) => {
    expect(ambiguityOf({ url: '/', rawHeaders: [...HOST, name, 'a', name.toLowerCase(), 'a'] })).toBe(
      'bad-request',
    );
  });

  test('fields that may be repeated are not refused', () => {
    expect(ambiguityOf({ url: '/', rawHeaders: [...HOST, 'accept', 'a', 'accept', 'host'] })).toBe(null);
  });

  test.each([
    '/x/../health',
    '/./health',
    '/health/.',
    '/%2e%2e/health',
    '/x/%2E./health',
    '/x\\..\\health',
    '\\health',
    '/health#part',
    'http://relay.example/health',
    'health',
    '*',
    '',
    '/he alth',
    '/hé',
  ])('the target %j is not found', (url) => {
    expect(ambiguityOf({ url, rawHeaders: HOST })).toBe('not-found');
  });

  test.each(['/', '/health', '//health', '/bundle?slot=5', '/a%20b', '/a;b=c', '/ohttp?'])(
    'the target %j is passed on as it is',
    (url) => {
      const expected = url.endsWith('?') ? 'not-found' : null; // a parser drops an empty query
      expect(ambiguityOf({ url, rawHeaders: HOST })).toBe(expected);
    },
  );
});
