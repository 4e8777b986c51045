import { expect, test } from 'vitest';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import path from 'node:path';
import { ConfigError } from '@sotto/service/config';
import { variablesOnNode } from '@sotto/service/node';
import { refuseOwnZone } from '../src/config.ts';
import { readSettings } from '../src/node/settings.ts';
import { configOf, CREDENTIAL } from './start-relay.ts';

const GOOD = {
  PROVIDER: 'hetzner',
  GATEWAYS: '{"":"https://gateway.example"}',
  RELAY_TOKENS: JSON.stringify({ '': CREDENTIAL }),
};
const RELAY_TOKENS_MISSING =
  'RELAY_TOKENS: is missing. Set RELAY_TOKENS (or RELAY_TOKENS_FILE, a path): ' +
  'Credential of each gateway by base path; null for a gateway that requires none.';
const SAME_ZONE =
  'GATEWAYS: names a gateway in the zone of this relay. Move one of them to another domain (specs/deployment.md)';
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
  [
    'no GATEWAYS',
    { GATEWAYS: undefined },
    'GATEWAYS: is missing. Set GATEWAYS (or GATEWAYS_FILE, a path): Gateway origins by base path, for example {"": "https://gateway.example"}.',
  ],
  ['GATEWAYS that are not JSON', { GATEWAYS: 'https://gateway.example' }, 'GATEWAYS: must be JSON'],
  ['a list', { GATEWAYS: '["https://gateway.example"]' }, 'GATEWAYS: must be a JSON object'],
  ['none', { GATEWAYS: '{}' }, 'GATEWAYS: must name one gateway or more'],
  ['http', { GATEWAYS: '{"":"http://gateway.example"}' }, 'GATEWAYS[""]: must be https'],
  ['loopback', { GATEWAYS: '{"":"https://127.0.0.1:8802"}' }, 'GATEWAYS[""]: must be a name, not an address'],
  ['IPv4', { GATEWAYS: '{"":"https://192.0.2.1"}' }, 'GATEWAYS[""]: must be a name, not an address'],
  ['IPv6', { GATEWAYS: '{"":"https://[2001:db8::1]"}' }, 'GATEWAYS[""]: must be a name, not an address'],
  ['localhost', { GATEWAYS: '{"":"https://localhost"}' }, 'GATEWAYS[""]: must be a name, not an address'],
  [
    'a path',
    { GATEWAYS: '{"":"https://gateway.example/x"}' },
    'GATEWAYS[""]: must be an origin and no more, like "https://gateway.example"',
  ],
  [
    'a user',
    { GATEWAYS: '{"":"https://u@gateway.example"}' },
    'GATEWAYS[""]: must be an origin and no more, like "https://gateway.example"',
  ],
  [
    'no URL',
    { GATEWAYS: '{"":"gateway"}' },
    'GATEWAYS[""]: must be an origin and no more, like "https://gateway.example"',
  ],
  [
    'a number',
    { GATEWAYS: '{"":7}' },
    'GATEWAYS[""]: must be an origin and no more, like "https://gateway.example"',
  ],
  [
    'a bad base',
    { GATEWAYS: '{"eu/":"https://gateway.example"}' },
    'GATEWAYS["eu/"]: has a wrong base path. Use "" or one like "/name", not /health, /ohttp or /bundle',
  ],
  [
    'a taken base',
    { GATEWAYS: '{"/health":"https://gateway.example"}' },
    'GATEWAYS["/health"]: has a wrong base path. Use "" or one like "/name", not /health, /ohttp or /bundle',
  ],
  ['no RELAY_TOKENS', { RELAY_TOKENS: undefined }, RELAY_TOKENS_MISSING],
  [
    'a missing credential',
    { RELAY_TOKENS: '{}' },
    'RELAY_TOKENS[""]: is missing. Add the credential of this gateway, or null when it asks for none',
  ],
  [
    'a short credential',
    { RELAY_TOKENS: '{"":"short"}' },
    'RELAY_TOKENS[""]: must be 16 to 512 characters of A-Z a-z 0-9 - . _ ~ + /',
  ],
  [
    'a credential with a line end',
    { RELAY_TOKENS: '{"":"0123456789abcdef\\r\\nx: y"}' },
    'RELAY_TOKENS[""]: must be 16 to 512 characters of A-Z a-z 0-9 - . _ ~ + /',
  ],
  [
    'a stray credential',
    { RELAY_TOKENS: `{"":null,"/x":"${CREDENTIAL}"}` },
    'RELAY_TOKENS["/x"]: is a base path that GATEWAYS does not have. Remove it, or add the gateway',
  ],
  [
    'an origin that is not one',
    { CORS_ORIGINS: '["app.example"]' },
    'CORS_ORIGINS[0]: must be an origin and no more, like "https://app.example"',
  ],
  [
    'an origin with a path',
    { CORS_ORIGINS: '["https://a.example","https://a.example/x"]' },
    'CORS_ORIGINS[1]: must be an origin and no more, like "https://app.example"',
  ],
  ['an origin in the clear', { CORS_ORIGINS: '["http://app.example"]' }, 'CORS_ORIGINS[0]: must be https'],
  ['no list of origins', { CORS_ORIGINS: '"*"' }, 'CORS_ORIGINS: must be a JSON list with one entry or more'],
  ['a bad number', { BUCKET_MS: '-1' }, 'BUCKET_MS: must be a whole number from 0 to 5000 (milliseconds)'],
])('R24 %s is refused at start-up', (_what, vars, message) => {
  const text = refusal(() => configOf({ ...GOOD, ...vars }));
  expect(text).toBe(message);
  expect(text).not.toContain(CREDENTIAL);
});

test.each([
  ['https://gateway.example', 'GATEWAYS: names this relay itself. Name the gateway'],
  ['https://relay.gateway.example', SAME_ZONE],
  ['https://example', SAME_ZONE],
  ['https://relay.example', 'started'],
  ['https://relay.other.example', 'started'],
])('R24 a relay at %s beside gateway.example: %s', (own, message) => {
  expect(refusal(() => refuseOwnZone(configOf(GOOD), own))).toBe(message);
});

test('R24 two names under one parent are one zone', () => {
  const config = configOf({ ...GOOD, GATEWAYS: '{"":"https://gateway.sotto.example"}' });
  expect(refusal(() => refuseOwnZone(config, 'https://relay.sotto.example'))).toContain('in the zone');
});

test('R24 plain http is accepted with LOCAL only, and only to loopback', () => {
  const local = { ...GOOD, LOCAL: 'true' };
  expect(refusal(() => configOf({ ...local, GATEWAYS: '{"":"http://127.0.0.1:8802"}' }))).toBe('started');
  expect(refusal(() => configOf({ ...local, GATEWAYS: '{"":"http://gateway.example"}' }))).toContain(
    'must be https',
  );
  expect(refusal(() => configOf({ ...local, GATEWAYS: '{"":"https://192.0.2.1"}' }))).toContain(
    'not an address',
  );
});

test('several gateways have their own paths, and one may require no credential', () => {
  const { gateways } = configOf({
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
    'HOST: beyond loopback needs TLS_CERT_FILE and TLS_KEY_FILE, or BEHIND_TLS=true',
  ],
  [
    'no origin of its own',
    {},
    'ORIGIN: is missing. Set ORIGIN: Public origin of the relay, for example https://relay.example.',
  ],
  ['an origin that is not a URL', { ORIGIN: 'relay' }, 'ORIGIN: must be a URL, like "https://relay.example"'],
  ['its own zone', { ORIGIN: 'https://relay.gateway.example' }, SAME_ZONE],
  [
    'no key file',
    { ORIGIN: 'https://relay.example', TLS_CERT_FILE: '/nowhere' },
    'TLS_CERT_FILE: must be the path of a file that this process can read',
  ],
  ['with TLS', { HOST: '0.0.0.0', ...TLS, ORIGIN: 'https://relay.example' }, 'started'],
  ['behind TLS', { HOST: '0.0.0.0', BEHIND_TLS: 'true', ORIGIN: 'https://relay.example' }, 'started'],
])('R24 on Node, %s: %s', (_what, env, message) => {
  expect(refusal(() => readSettings(variablesOnNode('relay', { ...GOOD, ...env })))).toBe(message);
});

test('at most 512 requests are in flight on Node, unless the configuration says otherwise', () => {
  const settings = (env: object) =>
    readSettings(variablesOnNode('relay', { ...GOOD, ORIGIN: 'https://relay.example', ...env }));
  expect(settings({}).maxInFlight).toBe(512);
  expect(settings({ MAX_IN_FLIGHT: '3' }).maxInFlight).toBe(3);
});

test("R24 the repository's own configuration starts once its secret is set", () => {
  const file = path.join(import.meta.dirname, '../../../wrangler.toml');
  const { workerOptions } = unstable_getMiniflareWorkerOptions(file, 'relay');
  const bindings = workerOptions['bindings'] as Record<string, string>;
  expect(refusal(() => configOf(bindings))).toBe(RELAY_TOKENS_MISSING);
  expect(refusal(() => configOf({ ...bindings, RELAY_TOKENS: GOOD.RELAY_TOKENS }))).toBe('started');
});
