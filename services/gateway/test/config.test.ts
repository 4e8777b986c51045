import { describe, expect, test } from 'vitest';
import { base64url } from '@sotto/wire';
import { configOf, ENV, SERVICE, services, start } from './support/config.ts';

describe('start-up', () => {
  test('with a complete configuration it starts', () => {
    expect(configOf(ENV)).toMatchObject({ epochSeconds: 86_400, metadata: false });
    expect(services(SERVICE, { ...SERVICE, name: 'other', token: 'none' })).toBe('starts');
  });

  test('K01 a secret that is missing, of the wrong length, or all one byte, is refused, and never printed', () => {
    const secrets = {
      KEY_WRAPPING_KEY: [
        undefined,
        '',
        'xyz',
        base64url(new Uint8Array(31)),
        base64url(new Uint8Array(32)),
        'ÿ'.repeat(43),
      ],
      RELAY_TOKEN: [
        undefined,
        '',
        'short',
        `${'a'.repeat(20)} short`,
        `${'a'.repeat(20)} `.repeat(3),
        'ä'.repeat(40),
      ],
      OPERATOR_TOKEN: [undefined, 'short'],
      ROOT: [undefined, '', 'xyz', base64url(new Uint8Array(32)), base64url(new Uint8Array(32).fill(255))],
    };
    for (const [name, values] of Object.entries(secrets)) {
      for (const value of values) {
        const message = start({ [name]: value });
        expect(message).toMatch(new RegExp(`^${name}: `));
        expect(message.includes(value || 'undefined')).toBe(false);
      }
    }
  });

  test('a row that streams needs a length class without rows of another kind', () => {
    const LENGTH_CLASSES = JSON.stringify({
      search: { requestLength: 1024, responseLength: 163_840 },
      stream: { requestLength: 1024, responseLength: 262_144 },
    });
    const { requestLength: _request, responseLength: _response, ...bare } = SERVICE;
    const rows = (...more: object[]) => start({ LENGTH_CLASSES, SERVICES: JSON.stringify(more) });
    const feed = { ...bare, name: 'feed', class: 'stream', stream: { flushMs: 100 } };
    const search = { ...bare, class: 'search' };
    expect(rows(search, feed, { ...feed, name: 'feed-2' })).toBe('starts');
    const refused =
      'SERVICES[1].stream: streams, and "stickers" does not, but both have the length class "search". Give "feed" another class';
    expect(rows(search, { ...feed, class: 'search' })).toBe(refused);
    expect(rows(feed, { ...search, class: 'stream' })).toMatch(/^SERVICES\[0\]\.stream: .*"stickers"/);
    expect(rows({ ...feed, stream: { flushMs: 5 } })).toMatch(/^SERVICES\[0\]\.stream\.flushMs: /);
    expect(rows({ ...feed, stream: {} })).toMatch(/^SERVICES\[0\]\.stream\.flushMs: /);
    expect(rows({ ...feed, stream: true })).toMatch(/^SERVICES\[0\]\.stream/);
  });

  test('N04 every service is in a length class, and a row outside of them is refused by name', () => {
    const other = { ...SERVICE, name: 'other' };
    expect(services(SERVICE, { ...other, responseLength: 16_384 })).toBe(
      'SERVICES[1].responseLength: 16384 is not a response class of this deployment (163840). Add a class or use 163840.',
    );
    expect(services(SERVICE, { ...other, requestLength: 2048 })).toBe(
      'SERVICES[1].requestLength: 2048 is not a request class of this deployment (1024). Add a class or use 1024.',
    );
    expect(services(SERVICE, other)).toBe('starts');

    const LENGTH_CLASSES = JSON.stringify({
      search: { requestLength: 1024, responseLength: 163_840 },
      small: { requestLength: 1024, responseLength: 2048 },
    });
    const { requestLength: _request, responseLength: _response, ...bare } = SERVICE;
    const rows = (...more: object[]) => start({ LENGTH_CLASSES, SERVICES: JSON.stringify(more) });
    expect(rows({ ...bare, class: 'search' }, { ...bare, name: 'b', class: 'small' }, other)).toBe('starts');
    expect(rows({ ...bare, class: 'large' })).toBe(
      'SERVICES[0].class: must be a length class of this deployment (search, small). Add it to LENGTH_CLASSES',
    );
    expect(rows({ ...SERVICE, responseLength: 4096 })).toBe(
      'SERVICES[0].responseLength: 4096 is not a response class of this deployment (163840, 2048). Add a class or use one of these.',
    );
    expect(rows({ ...SERVICE, class: 'search' })).toMatch(
      /^SERVICES\[0\]\.requestLength: must not be set together with "class"/,
    );
    expect(rows(bare)).toMatch(/^SERVICES\[0\]\.requestLength: must be a whole number/);
    const config = configOf({
      ...ENV,
      LENGTH_CLASSES,
      SERVICES: JSON.stringify([{ ...bare, class: 'small' }]),
    });
    expect(config.services[0]?.lengths).toEqual({ name: 'small', requestLength: 1024, responseLength: 2048 });
  });

  test.each([
    ['none', '{}', /^LENGTH_CLASSES: must have 1 to 4 classes/],
    [
      'five',
      JSON.stringify(Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, SERVICE]))),
      /^LENGTH_CLASSES: must have 1 to 4 classes/,
    ],
    ['a list', '[]', /^LENGTH_CLASSES: must be a JSON object/],
    [
      'a short one',
      '{"a":{"requestLength":511,"responseLength":512}}',
      /^LENGTH_CLASSES\.a\.requestLength: /,
    ],
    ['one without a length', '{"a":{"requestLength":512}}', /^LENGTH_CLASSES\.a\.responseLength: /],
    [
      'one with an odd name',
      '{"A b":{"requestLength":512,"responseLength":512}}',
      /^LENGTH_CLASSES\["A b"\]: must have a name/,
    ],
  ])('N04 length classes: %s is refused', (_what, LENGTH_CLASSES, message) => {
    expect(start({ LENGTH_CLASSES })).toMatch(message);
  });

  test('a row has methods, a path prefix, further fields and places, with defaults', () => {
    expect(configOf(ENV).services[0]).toMatchObject({
      methods: ['GET', 'POST'],
      paths: '/',
      fields: [],
      maxInFlight: 128,
      chunked: false,
    });
    const row = {
      methods: ['PUT', 'OPTIONS'],
      paths: '/v1/',
      fields: ['accept'],
      maxInFlight: 8,
      chunked: true,
    };
    expect(
      configOf({ ...ENV, SERVICES: JSON.stringify([{ ...SERVICE, ...row }]) }).services[0],
    ).toMatchObject(row);
    const wrong: object[] = [
      { methods: [] },
      { methods: 'GET' },
      { methods: ['get'] },
      { methods: ['CONNECT'] },
      { paths: 'v1' },
      { paths: '/v1/../x' },
      { paths: '/v1?x' },
      { paths: '/%2e%2e' },
      { paths: ['/v1'] },
      { fields: 'accept' },
      { fields: ['Accept'] },
      { fields: ['cookie'] },
      { fields: ['x-forwarded-for'] },
      { maxInFlight: 0 },
      { maxInFlight: 1.5 },
      { chunked: 'yes' },
    ];
    for (const change of wrong) {
      const [name] = Object.keys(change);
      expect([change, services({ ...SERVICE, ...change })]).toEqual([
        change,
        expect.stringMatching(new RegExp(`^SERVICES\\[0\\]\\.${name}`)),
      ]);
    }
  });

  test('N52 the previous wrapping key is accepted if it differs', () => {
    const previous = base64url(Uint8Array.from({ length: 32 }, (_, i) => 100 + i));
    const { wrappingKeys } = configOf({ ...ENV, KEY_WRAPPING_KEY_PREVIOUS: previous });
    expect(base64url(wrappingKeys.previous ?? new Uint8Array(0))).toBe(previous);
    expect(start({ KEY_WRAPPING_KEY_PREVIOUS: ENV['KEY_WRAPPING_KEY'] })).toMatch(
      /^KEY_WRAPPING_KEY_PREVIOUS: must differ/,
    );
    expect(start({ KEY_WRAPPING_KEY_PREVIOUS: 'short' })).toMatch(/^KEY_WRAPPING_KEY_PREVIOUS: /);
    expect(configOf({ ...ENV, RELAY_TOKEN: `${'a'.repeat(20)} ${'b'.repeat(20)}` }).relayTokens).toHaveLength(
      2,
    );
  });

  test('a service must have a token policy, also if it is "none"', () => {
    const { token: _token, ...silent } = SERVICE;
    expect(services(silent)).toContain('SERVICES[0].token: must be the token policy');
    for (const token of [null, '', 'None', 5, {}, { type: 0 }, { type: '5' }]) {
      expect(services({ ...SERVICE, token })).toMatch(/^SERVICES\[0\]\.token/);
    }
    const { idempotent: _idempotent, ...unsaid } = SERVICE;
    expect(services(unsaid)).toContain('idempotent');
  });

  test('names are distinct and valid in an authority', () => {
    expect(services(SERVICE, SERVICE)).toBe('SERVICES[1].name: must differ from SERVICES[0].name');
    for (const name of ['', 'A', 'a b', 'a/b', 'a:1', '-a', 'a@b', 'sotto-metadata', 7]) {
      expect(services({ ...SERVICE, name })).toMatch(/^SERVICES\[0\]/);
    }
    expect(start({ SERVICES: '[]' })).toMatch(/^SERVICES/);
    expect(start({ SERVICES: '{' })).toMatch(/^SERVICES/);
    expect(start({ SERVICES: undefined })).toMatch(/^SERVICES/);
  });

  test('a target is a binding that exists, or an https URL of a name', () => {
    const target = (value: unknown, local?: string) =>
      start({
        SERVICES: JSON.stringify([{ ...SERVICE, target: value }]),
        LOCAL: local,
      });
    expect(target({ url: 'https://api.example/v1/' })).toBe('starts');
    expect(
      configOf({
        ...ENV,
        SERVICES: JSON.stringify([{ ...SERVICE, target: { url: 'https://api.example/v1/' } }]),
      }).services[0]?.target,
    ).toEqual({ url: 'https://api.example/v1' });
    const refused = [
      { binding: 'NOWHERE' },
      {},
      { binding: 'STICKERS', url: 'https://api.example' },
      { url: 'http://api.example' },
      { url: 'http://127.0.0.1:8804' },
      { url: 'https://127.0.0.1' },
      { url: 'https://2130706433' },
      { url: 'https://[::1]' },
      { url: 'https://user:pass@api.example' },
      { url: 'https://api.example/?q=1' },
      { url: 'https://api.example/#x' },
      { url: 'ftp://api.example' },
      { url: '/relative' },
      'https://api.example',
    ];
    for (const value of refused) expect([value, target(value)[0]]).toEqual([value, 'S']);
    for (const value of refused) expect(target(value)).not.toBe('starts');
    for (const url of ['http://127.0.0.1:8804', 'http://localhost:1', 'http://[::1]:1']) {
      expect(target({ url }, 'true')).toBe('starts');
      expect(target({ url }, 'false')).not.toBe('starts');
    }
    expect(target({ url: 'http://10.0.0.1' }, 'true')).not.toBe('starts');
  });

  test('lengths and times are whole numbers within their limits', () => {
    for (const length of [0, 511, 1.5, '1024', 2 ** 21, null]) {
      expect(services({ ...SERVICE, requestLength: length })).toMatch(/requestLength/);
      expect(services({ ...SERVICE, responseLength: length })).toMatch(/responseLength/);
    }
    expect(services({ ...SERVICE, timeoutMs: 0 })).toMatch(/timeoutMs/);
    for (const value of ['0', '-1', '1.5', 'x', '1e99'])
      expect(start({ EPOCH_SECONDS: value })).toMatch(/^EPOCH/);
    expect(start({ EPOCH_SECONDS: '1' })).toBe('starts');
  });

  test('the egress has names and constant values', () => {
    const { relayEgress } = configOf({
      ...ENV,
      RELAY_EGRESS: '{"CF-Connecting-IP": "2a06:98c0:3600::103"}',
    });
    expect([...relayEgress]).toEqual([['cf-connecting-ip', '2a06:98c0:3600::103']]);
    for (const value of ['[]', '{', '{"a":1}', '"x"'])
      expect(start({ RELAY_EGRESS: value })).toMatch(/^RELAY_EGRESS/);
  });
});
