import { expect, test } from 'vitest';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import path from 'node:path';
import { ConfigError, readConfig, refuseOwnZone } from '../src/config.ts';
import { readSettings } from '../src/node/settings.ts';
import { CREDENTIAL } from './start-relay.ts';

const GOOD = {
  GATEWAYS: '{"":"https://gateway.example"}',
  RELAY_TOKENS: JSON.stringify({ '': CREDENTIAL }),
};
const TLS = { TLS_CERT_FILE: import.meta.filename, TLS_KEY_FILE: import.meta.filename };
const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof ConfigError ? error.message : `not a refusal: ${String(error)}`;
  }
  return 'started';
};

test.each([
  ['no GATEWAYS', { GATEWAYS: undefined }, 'GATEWAYS is missing'],
  ['GATEWAYS that are no JSON', { GATEWAYS: 'https://gateway.example' }, 'GATEWAYS is not a JSON object'],
  ['a list', { GATEWAYS: '["https://gateway.example"]' }, 'GATEWAYS is not a JSON object'],
  ['none', { GATEWAYS: '{}' }, 'GATEWAYS: names no gateway'],
  ['http', { GATEWAYS: '{"":"http://gateway.example"}' }, 'GATEWAYS: a gateway is not https'],
  [
    'loopback',
    { GATEWAYS: '{"":"https://127.0.0.1:8802"}' },
    'GATEWAYS: a gateway is an address, not a name',
  ],
  ['IPv4', { GATEWAYS: '{"":"https://192.0.2.1"}' }, 'GATEWAYS: a gateway is an address, not a name'],
  ['IPv6', { GATEWAYS: '{"":"https://[2001:db8::1]"}' }, 'GATEWAYS: a gateway is an address, not a name'],
  ['localhost', { GATEWAYS: '{"":"https://localhost"}' }, 'GATEWAYS: a gateway is an address, not a name'],
  [
    'a path',
    { GATEWAYS: '{"":"https://gateway.example/x"}' },
    'GATEWAYS: a gateway is an origin alone, like "https://gateway.example"',
  ],
  [
    'a user',
    { GATEWAYS: '{"":"https://u@gateway.example"}' },
    'GATEWAYS: a gateway is an origin alone, like "https://gateway.example"',
  ],
  ['no URL', { GATEWAYS: '{"":"gateway"}' }, 'GATEWAYS: a gateway is not a URL'],
  ['a number', { GATEWAYS: '{"":7}' }, 'GATEWAYS: a gateway is not a URL'],
  [
    'a bad base',
    { GATEWAYS: '{"eu/":"https://gateway.example"}' },
    'GATEWAYS: a base path is "" or like "/name"',
  ],
  [
    'a taken base',
    { GATEWAYS: '{"/health":"https://gateway.example"}' },
    'GATEWAYS: a base path is "" or like "/name"',
  ],
  ['no RELAY_TOKENS', { RELAY_TOKENS: undefined }, 'RELAY_TOKENS is missing'],
  [
    'a missing credential',
    { RELAY_TOKENS: '{}' },
    'RELAY_TOKENS: lacks a gateway (null says that it asks for none)',
  ],
  [
    'a short credential',
    { RELAY_TOKENS: '{"":"short"}' },
    'RELAY_TOKENS: a credential is not 16 to 512 token characters',
  ],
  [
    'a credential with a line end',
    { RELAY_TOKENS: '{"":"0123456789abcdef\\r\\nx: y"}' },
    'RELAY_TOKENS: a credential is not 16 to 512 token characters',
  ],
  [
    'a stray credential',
    { RELAY_TOKENS: `{"":null,"/x":"${CREDENTIAL}"}` },
    'RELAY_TOKENS: has a base path that GATEWAYS lacks',
  ],
  ['a bad number', { BUCKET_MS: '-1' }, 'BUCKET_MS is not a whole number from 0 to 5000'],
])('R24 %s is refused at start-up', (_what, vars, message) => {
  const text = refusal(() => readConfig({ ...GOOD, ...vars }));
  expect(text).toBe(message);
  expect(text).not.toContain(CREDENTIAL);
});

test.each([
  ['https://gateway.example', 'GATEWAYS: a gateway is this relay itself'],
  ['https://relay.gateway.example', 'GATEWAYS: a gateway is in the zone of this relay'],
  ['https://example', 'GATEWAYS: a gateway is in the zone of this relay'],
  ['https://relay.example', 'started'],
  ['https://relay.other.example', 'started'],
])('R24 a relay at %s beside gateway.example: %s', (own, message) => {
  expect(refusal(() => refuseOwnZone(readConfig(GOOD), own))).toBe(message);
});

test('R24 two names under one parent are one zone', () => {
  const config = readConfig({ ...GOOD, GATEWAYS: '{"":"https://gateway.sotto.example"}' });
  expect(refusal(() => refuseOwnZone(config, 'https://relay.sotto.example'))).toContain('in the zone');
});

test('R24 plain http to loopback is for LOCAL alone, and then not to elsewhere', () => {
  const local = { ...GOOD, LOCAL: 'true' };
  expect(refusal(() => readConfig({ ...local, GATEWAYS: '{"":"http://127.0.0.1:8802"}' }))).toBe('started');
  expect(refusal(() => readConfig({ ...local, GATEWAYS: '{"":"http://gateway.example"}' }))).toContain(
    'not https',
  );
  expect(refusal(() => readConfig({ ...local, GATEWAYS: '{"":"https://192.0.2.1"}' }))).toContain(
    'an address',
  );
});

test('several gateways stand under paths of their own, and one may ask for no credential', () => {
  const { gateways } = readConfig({
    GATEWAYS: '{"/a":"https://a.example","/b":"https://b.example:8443"}',
    RELAY_TOKENS: `{"/a":"${CREDENTIAL}","/b":null}`,
  });
  expect(gateways).toEqual([
    { base: '/a', origin: 'https://a.example', credential: CREDENTIAL },
    { base: '/b', origin: 'https://b.example:8443', credential: null },
  ]);
});

test.each([
  [
    'all interfaces in the clear',
    { HOST: '0.0.0.0', ORIGIN: 'https://relay.example' },
    'HOST: is not loopback, with neither TLS_CERT_FILE and TLS_KEY_FILE nor BEHIND_TLS=true',
  ],
  ['no word of its own origin', {}, "ORIGIN: this relay's public origin is missing"],
  ['an origin that is none', { ORIGIN: 'relay' }, 'ORIGIN is not a URL'],
  [
    'its own zone',
    { ORIGIN: 'https://relay.gateway.example' },
    'GATEWAYS: a gateway is in the zone of this relay',
  ],
  [
    'no key file',
    { ORIGIN: 'https://relay.example', TLS_CERT_FILE: '/nowhere' },
    'TLS_CERT_FILE, TLS_KEY_FILE: one of them cannot be read',
  ],
  ['with TLS', { HOST: '0.0.0.0', ...TLS, ORIGIN: 'https://relay.example' }, 'started'],
  ['behind TLS', { HOST: '0.0.0.0', BEHIND_TLS: 'true', ORIGIN: 'https://relay.example' }, 'started'],
])('R24 on Node, %s: %s', (_what, env, message) => {
  expect(refusal(() => readSettings({ ...GOOD, ...env }))).toBe(message);
});

test("R24 the repository's own configuration starts once its secret is there", () => {
  const file = path.join(import.meta.dirname, '../../../wrangler.toml');
  const { workerOptions } = unstable_getMiniflareWorkerOptions(file, 'relay');
  const bindings = workerOptions['bindings'] as Record<string, string>;
  expect(refusal(() => readConfig(bindings))).toBe('RELAY_TOKENS is missing');
  expect(refusal(() => readConfig({ ...bindings, RELAY_TOKENS: GOOD.RELAY_TOKENS }))).toBe('started');
});
