import { bearerToken } from '@sotto/http';
import { expect, test } from 'vitest';
import { ConfigError, parseConfig } from '../src/config.ts';
import { ISSUER_VARIABLES } from './support/variables.ts';

const parsing = (more: Readonly<Record<string, unknown>>) => (): unknown =>
  parseConfig({ ...ISSUER_VARIABLES, ...more });

const services = (...list: unknown[]) => parsing({ SERVICES: JSON.stringify(list) });
const attesters = (...list: unknown[]) => parsing({ ATTESTERS: JSON.stringify(list) });

const SECRET = 'c2VjcmV0LWNhbmFyeS1zZWNyZXQtY2FuYXJ5LXNlY3I';

test('what an operator leaves out has a default that is safe', () => {
  const { EPOCH_SECONDS: _e, ISSUER_URL: _u, ...rest } = ISSUER_VARIABLES;
  const SERVICES = '[{"name":"stickers","batch":[30],"quota":{"default":300}}]';
  const config = parseConfig({ ...rest, SERVICES });
  expect(config.epochSeconds).toBe(86_400);
  expect(config.issuerUrl).toBe('https://issuer.example');
  expect(config.services[0]).toMatchObject({ types: [5], ceiling: 2 ** 35, shards: 16 }); // type 1 is off
});

test('K01 a secret that is missing, of a wrong length, or no secret is refused, and never printed', () => {
  const bad = [undefined, '', 'short', SECRET.slice(1), `${SECRET}AA`, 'A'.repeat(43), '!'.repeat(43), 7];
  for (const variable of ['ACCOUNT_KEY', 'KEY_WRAPPING_KEY']) {
    for (const value of bad) {
      const error = thrown(parsing({ [variable]: value }));
      expect(error).toBeInstanceOf(ConfigError);
      expect(error.message).toBe(`${variable}: 32 random bytes as base64url are needed`);
    }
  }
  for (const value of [undefined, '', 'short', ' '.repeat(20)]) {
    expect(thrown(parsing({ OPERATOR_TOKEN: value })).message).not.toContain('short');
  }
});

test('K01 a credential that no Authorization field can carry is refused, not waited for', () => {
  const good = ['operator-of-the-tests', 'a'.repeat(16), `${'a/+._~-9'.repeat(2)}==`];
  for (const OPERATOR_TOKEN of good) {
    expect(parsing({ OPERATOR_TOKEN })).not.toThrow();
    const headers = new Headers({ authorization: `Bearer ${OPERATOR_TOKEN}` });
    expect(bearerToken(headers)).toBe(OPERATOR_TOKEN);
  }
  for (const odd of ['!', ':', '"', '=', '@', ',']) {
    const OPERATOR_TOKEN = `operator${odd}of-the-tests`;
    expect(bearerToken(new Headers({ authorization: `Bearer ${OPERATOR_TOKEN}` }))).toBeNull();
    expect(parsing({ OPERATOR_TOKEN })).toThrow('OPERATOR_TOKEN');
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
const attester = { issuer: 'https://a.example', audience: 'a', jwks: { keys: [] } };

test('K02 a table that contradicts itself is refused', () => {
  for (const bad of [
    [],
    [service, service],
    [{ ...service, name: 'Stickers' }],
    [{ ...service, name: '' }],
    [{ ...service, types: [] }],
    [{ ...service, types: [2] }],
    [{ ...service, types: [5, 5] }],
    [{ ...service, batch: [] }],
    [{ ...service, batch: [0] }],
    [{ ...service, batch: [501] }],
    [{ ...service, quota: {} }],
    [{ ...service, quota: { default: -1 } }],
    [{ ...service, shards: 0 }],
    [{ ...service, shards: 257 }],
    [null],
    Array.from({ length: 26 }, (_, i) => ({ ...service, name: `s${i}` })),
  ]) {
    expect(services(...bad)).toThrow(ConfigError);
  }
  expect(services(service)).not.toThrow();
  expect(parsing({ SERVICES: '{' })).toThrow('SERVICES: JSON is needed');
});

test('K02 an attester with a private key, no key set, or an algorithm that anyone can sign with is refused', () => {
  for (const bad of [
    [],
    [attester, attester],
    [{ ...attester, jwks: { keys: [{ kty: 'EC', d: SECRET }] } }],
    [{ ...attester, jwks: { keys: [{ kty: 'oct', k: SECRET }] } }],
    [{ ...attester, jwks: undefined }],
    [{ ...attester, algorithms: ['HS256'] }],
    [{ ...attester, algorithms: ['none'] }],
    [{ ...attester, jwks: undefined, jwksUrl: 'http://a.example/jwks' }],
    [{ ...attester, audience: '' }],
  ]) {
    const error = thrown(attesters(...bad));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).not.toContain(SECRET);
  }
  expect(attesters(attester)).not.toThrow();
});

test('K08 a development address is refused outside of the local runner', () => {
  for (const ISSUER_URL of [
    'http://issuer.example',
    'http://127.0.0.1:8803',
    'https://localhost',
    'issuer',
    'https://a@b.example',
  ]) {
    expect(parsing({ ISSUER_URL })).toThrow('ISSUER_URL');
  }
  expect(parsing({ ISSUER_URL: 'http://127.0.0.1:8803', LOCAL: 'true' })).not.toThrow();
  expect(parsing({ ISSUER_URL: 'http://issuer.example', LOCAL: 'true' })).toThrow('ISSUER_URL');
});

test('an epoch is a whole number of seconds', () => {
  for (const EPOCH_SECONDS of ['0', '-1', '1.5', 'day', ''])
    expect(parsing({ EPOCH_SECONDS })).toThrow('EPOCH_SECONDS');
});
