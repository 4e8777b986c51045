import { bearerToken } from '@sotto/http';
import { expect, test } from 'vitest';
import { ConfigError } from '@sotto/service/config';
import type { Config } from '../src/config.ts';
import { testConfig } from './support/config.ts';
import { ATTESTER_KEY } from './support/variables.ts';

const reading = (more: Readonly<Record<string, unknown>>) => (): Config => testConfig(more);

const services = (...list: unknown[]) => reading({ SERVICES: JSON.stringify(list) });
const attesters = (...list: unknown[]) => reading({ ATTESTERS: JSON.stringify(list) });

const SECRET = 'c2VjcmV0LWNhbmFyeS1zZWNyZXQtY2FuYXJ5LXNlY3I';

test('issuer configuration: has safe defaults for omitted settings', () => {
  const SERVICES = '[{"name":"stickers","batch":[30],"quota":{"default":300}}]';
  const config = testConfig({ EPOCH_SECONDS: undefined, ISSUER_URL: undefined, SERVICES });
  expect(config.epochSeconds).toBe(86_400);
  expect(config.issuerUrl).toBe('https://issuer.example');
  expect(config.services[0]).toMatchObject({ types: [5], ceiling: 2 ** 35, shards: 16 }); // type 1 is off
});

test('K01 issuer configuration: refuses a key that is missing, too short or not random, and never prints it', () => {
  const bad = ['short', SECRET.slice(1), `${SECRET}AA`, 'A'.repeat(43), '!'.repeat(43)];
  for (const variable of ['ACCOUNT_KEY', 'KEY_WRAPPING_KEY']) {
    for (const value of bad) {
      const error = thrown(reading({ [variable]: value }));
      expect(error).toBeInstanceOf(ConfigError);
      expect(error.message).toMatch(new RegExp(`^${variable}: must be 32 random bytes in base64url`));
      expect(error.message).not.toContain(value);
    }
    for (const value of [undefined, '', 7]) {
      expect(thrown(reading({ [variable]: value })).message).toMatch(new RegExp(`^${variable}: is missing`));
    }
  }
  for (const value of [undefined, '', 'short', ' '.repeat(20)]) {
    const { message } = thrown(reading({ OPERATOR_TOKEN: value }));
    expect(message).toMatch(/^OPERATOR_TOKEN: /);
    expect(message).not.toContain('short');
  }
});

test('K01 issuer configuration: refuses an operator token that no Authorization field can carry', () => {
  const good = ['operator-of-the-tests', 'a'.repeat(16), `${'a/+._~-9'.repeat(2)}==`];
  for (const OPERATOR_TOKEN of good) {
    expect(reading({ OPERATOR_TOKEN })).not.toThrow();
    const headers = new Headers({ authorization: `Bearer ${OPERATOR_TOKEN}` });
    expect(bearerToken(headers)).toBe(OPERATOR_TOKEN);
  }
  for (const odd of ['!', ':', '"', '=', '@', ',']) {
    const OPERATOR_TOKEN = `operator${odd}of-the-tests`;
    expect(bearerToken(new Headers({ authorization: `Bearer ${OPERATOR_TOKEN}` }))).toBeNull();
    expect(reading({ OPERATOR_TOKEN })).toThrow('OPERATOR_TOKEN');
  }
});

function thrown(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

const service = { name: 'stickers', types: [5], batch: [30], quota: { default: 300 } };
const { d: _private, ...publicKey } = ATTESTER_KEY;
const attester = { issuer: 'https://a.example', audience: 'a', jwks: { keys: [publicKey] } };

test.each([
  ['SERVICES', []],
  ['SERVICES[1].name', [service, service]],
  ['SERVICES[0].name', [{ ...service, name: 'Stickers' }]],
  ['SERVICES[0].name', [{ ...service, name: '' }]],
  ['SERVICES[0].types', [{ ...service, types: [] }]],
  ['SERVICES[0].types', [{ ...service, types: [2] }]],
  ['SERVICES[0].types[1]', [{ ...service, types: [5, 5] }]],
  ['SERVICES[0].batch', [{ ...service, batch: [] }]],
  ['SERVICES[0].batch[0]', [{ ...service, batch: [0] }]],
  ['SERVICES[0].batch[0]', [{ ...service, batch: [501] }]],
  ['SERVICES[0].batch[0]', [{ ...service, batch: [1.5] }]],
  ['SERVICES[0].quota.default', [{ ...service, quota: {} }]],
  ['SERVICES[0].quota.default', [{ ...service, quota: { default: -1 } }]],
  ['SERVICES[0].shards', [{ ...service, shards: 0 }]],
  ['SERVICES[0].shards', [{ ...service, shards: 257 }]],
  ['SERVICES[0]', [null]],
  ['SERVICES', Array.from({ length: 26 }, (_, i) => ({ ...service, name: `s${i}` }))],
])('K02 issuer configuration: refuses a wrong table of services at %s', (path, list) => {
  const error = thrown(services(...list));
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).path).toBe(path);
});

test('issuer configuration: refuses "direct": false where no voucher buys the tokens of the service', () => {
  const closed = { ...service, direct: false };
  const VOUCHERS = '{"period": 7}';
  const rows = (...list: unknown[]) => JSON.stringify(list);
  const refused = [
    reading({ SERVICES: rows(closed) }),
    reading({ SERVICES: rows({ ...closed, types: [1] }, { ...service, name: 'other' }), VOUCHERS }),
  ];
  for (const read of refused) {
    expect(read).toThrow('SERVICES[0].direct: must not be false where no voucher buys the tokens');
  }
  expect(reading({ SERVICES: rows(closed), VOUCHERS })).not.toThrow();
});

test('K02 issuer configuration: accepts a table of services, and refuses text that is not JSON', () => {
  expect(services(service)).not.toThrow();
  expect(reading({ SERVICES: '{' })).toThrow('SERVICES: must be JSON');
});

test.each([
  ['a quota below the smallest batch', 'SERVICES[0].quota.default', { ...service, quota: { default: 29 } }],
  [
    'a tier below the smallest batch',
    'SERVICES[0].quota.trial',
    { ...service, quota: { default: 30, trial: 1 } },
  ],
  ['a ceiling below the largest batch', 'SERVICES[0].ceiling', { ...service, ceiling: 29 }],
])('N32 issuer configuration: refuses %s, which can never work', (_what, path, row) => {
  expect((thrown(services(row)) as ConfigError).path).toBe(path);
  expect(services({ ...row, quota: { default: 30, blocked: 0 }, ceiling: 30 })).not.toThrow();
});

test.each([
  ['ATTESTERS', []],
  ['ATTESTERS[1].issuer', [attester, attester]],
  ['ATTESTERS[0].jwks.keys[0]', [{ ...attester, jwks: { keys: [{ kty: 'EC', d: SECRET }] } }]],
  ['ATTESTERS[0].jwks.keys[0]', [{ ...attester, jwks: { keys: [{ kty: 'oct', k: SECRET }] } }]],
  ['ATTESTERS[0].jwks', [{ ...attester, jwks: undefined }]],
  ['ATTESTERS[0].algorithms[0]', [{ ...attester, algorithms: ['HS256'] }]],
  ['ATTESTERS[0].algorithms[1]', [{ ...attester, algorithms: ['ES256', 'none'] }]],
  ['ATTESTERS[0].jwksUrl', [{ ...attester, jwks: undefined, jwksUrl: 'http://a.example/jwks' }]],
  ['ATTESTERS[0].jwksUrl', [{ ...attester, jwks: undefined, jwksUrl: 'https://127.0.0.1/jwks' }]],
  ['ATTESTERS[0].jwks', [{ ...attester, jwksUrl: 'https://a.example/jwks' }]],
  ['ATTESTERS[0].audience', [{ ...attester, audience: '' }]],
  ['ATTESTERS[0].toleranceSeconds', [{ ...attester, toleranceSeconds: 86_400 }]],
])('K02 issuer configuration: refuses a wrong attester at %s, and prints no key', (path, list) => {
  const error = thrown(attesters(...list));
  expect((error as ConfigError).path).toBe(path);
  expect(error.message).not.toContain(SECRET);
});

test.each([
  ['no keys', [], /must be a list with one JSON Web Key or more/],
  ['a key of no listed algorithm', [{ kty: 'oct' }], /has no public key for/],
  ['a key for encryption', [{ ...publicKey, use: 'enc' }], /has no public key for/],
  [
    'two keys without kid',
    [1, 2].map(() => ({ ...publicKey, kid: undefined })),
    /two keys .* without a `kid`/,
  ],
  ['two keys with one kid', [publicKey, publicKey], /two keys .* with the same `kid`/],
])('N69 issuer configuration: refuses an attester with %s', (_what, keys, remedy) => {
  const error = thrown(attesters({ ...attester, jwks: { keys } }));
  expect((error as ConfigError).path).toBe('ATTESTERS[0].jwks.keys');
  expect(error.message).toMatch(remedy);
  const rsa = { kty: 'RSA', n: 'AQAB', e: 'AQAB' };
  const distinct = [publicKey, { ...publicKey, kid: 'next' }, rsa];
  expect(attesters({ ...attester, jwks: { keys: distinct } })).not.toThrow();
});

test('N32 issuer configuration: keeps a jwksUrl as it is written, final slash and query included', () => {
  expect(attesters(attester)).not.toThrow();
  for (const jwksUrl of ['https://a.example/jwks/', 'https://a.example', 'https://a.example/k?v=1']) {
    expect(attesters({ ...attester, jwks: undefined, jwksUrl })().attesters[0]?.jwks).toEqual({
      url: jwksUrl,
    });
  }
});

test('K08 issuer configuration: refuses plain http and loopback addresses unless LOCAL is true', () => {
  for (const ISSUER_URL of [
    'http://issuer.example',
    'http://127.0.0.1:8803',
    'https://localhost',
    'issuer',
    'https://a@b.example',
    'https://issuer.example/?a=b',
  ]) {
    expect(reading({ ISSUER_URL })).toThrow('ISSUER_URL');
  }
  expect(reading({ ISSUER_URL: 'http://127.0.0.1:8803', LOCAL: 'true' })).not.toThrow();
  expect(reading({ ISSUER_URL: 'http://issuer.example', LOCAL: 'true' })).toThrow('ISSUER_URL');
});

test('N32 issuer configuration: refuses an ISSUER_NAME that is not a host name', () => {
  for (const ISSUER_NAME of [
    'https://issuer.example',
    'Issuer.example',
    'issuer example',
    'a..b',
    '-a',
    'a,b',
    'operator@issuer.example',
  ]) {
    expect(reading({ ISSUER_NAME })).toThrow('ISSUER_NAME: must be a host name');
  }
  for (const ISSUER_NAME of ['issuer.example', 'localhost:8803', 'a-b.c']) {
    expect(reading({ ISSUER_NAME })).not.toThrow();
  }
});

test('issuer configuration: refuses an epoch that is not a whole number of seconds', () => {
  for (const EPOCH_SECONDS of ['0', '-1', '1.5', 'day'])
    expect(reading({ EPOCH_SECONDS })).toThrow('EPOCH_SECONDS');
});
