import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { base64url } from '@sotto/wire';
import { rootPublicKey } from '@sotto/bundle';
import { ConfigError } from '@sotto/service/config';
import { variablesOnNode } from '@sotto/service/node';
import { readSettings } from '../src/node/settings.ts';
import { ROOT_SECRET } from './support/gateway.ts';

const ROW = {
  name: 'stickers',
  target: { url: 'https://stickers.example' },
  token: { type: 5 },
  idempotent: true,
  requestLength: 1024,
  responseLength: 163_840,
};
const ENV = {
  PROVIDER: 'hetzner',
  SERVICES: JSON.stringify([ROW]),
  ROOT: base64url(rootPublicKey(ROOT_SECRET)),
  RELAY_TOKEN: 'a'.repeat(43),
  OPERATOR_TOKEN: 'b'.repeat(43),
  KEY_WRAPPING_KEY: base64url(Uint8Array.from({ length: 32 }, (_, i) => i)),
  STORE: 'gateway.sqlite',
  ISSUER: 'http://127.0.0.1:8081',
  ISSUER_TOKEN: 'c'.repeat(16),
};

const settingsOf = (changes: Readonly<Record<string, string | undefined>>) =>
  readSettings(variablesOnNode('gateway', { ...ENV, ...changes }));

/** The setting at fault, or `starts`. */
function start(changes: Readonly<Record<string, string | undefined>>): string {
  try {
    settingsOf(changes);
    return 'starts';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
}

const target = (value: object, more = {}): string =>
  start({ SERVICES: JSON.stringify([{ ...ROW, target: value }]), ...more });

describe('start-up on Node', () => {
  test('with a complete configuration it starts on loopback', () => {
    expect(start({})).toBe('starts');
    expect(readSettings(variablesOnNode('gateway', ENV))).toMatchObject({
      host: '127.0.0.1',
      port: 8802,
      replayCapacity: 65_536,
    });
  });

  test('beyond loopback it needs a certificate, or one’s own proxy', () => {
    expect(start({ HOST: '0.0.0.0' })).toMatch(/^HOST: /);
    expect(start({ HOST: '0.0.0.0', BEHIND_TLS: 'yes' })).toMatch(/^BEHIND_TLS: /);
    expect(start({ HOST: '0.0.0.0', BEHIND_TLS: 'true' })).toBe('starts');
    const readable = { TLS_CERT_FILE: import.meta.filename, TLS_KEY_FILE: import.meta.filename };
    expect(start({ HOST: '0.0.0.0', ...readable })).toBe('starts');
    expect(start({ TLS_CERT_FILE: '/nowhere' })).toMatch(/^TLS_CERT_FILE: /);
  });

  test('N59 the operator’s listener has the same guard', () => {
    expect(start({ OPERATOR_HOST: '0.0.0.0' })).toMatch(
      /^OPERATOR_HOST: beyond loopback needs TLS_CERT_FILE/,
    );
    expect(start({ OPERATOR_HOST: '::' })).toMatch(/^OPERATOR_HOST: /);
    expect(start({ OPERATOR_HOST: '0.0.0.0', BEHIND_TLS: 'true' })).toBe('starts');
    const readable = { TLS_CERT_FILE: import.meta.filename, TLS_KEY_FILE: import.meta.filename };
    const { operator, tls } = readSettings(
      variablesOnNode('gateway', { ...ENV, ...readable, HOST: '0.0.0.0' }),
    );
    expect(tls).toBeDefined();
    expect(operator).toMatchObject({ host: '127.0.0.1', port: 8812 });
    expect(operator.tls).toBeUndefined();
    const beyond = { ...ENV, ...readable, OPERATOR_HOST: '0.0.0.0' };
    expect(readSettings(variablesOnNode('gateway', beyond)).operator.tls).toBeDefined();
  });

  test('an issuer on this machine is called over http, one on another machine over https alone', () => {
    for (const url of [
      undefined,
      '',
      'x',
      ' ',
      'http://issuer.example',
      'http://127.0.0.2:8081',
      'http://localhost.example:8081',
      'ftp://127.0.0.1:8081',
      'postgres://127.0.0.1:8081',
      'https://issuer.internal:8081/path',
      'https://issuer.internal:8081?a=b',
      'https://user@issuer.internal:8081',
      'https://one.internal:8081,https://two.internal:8081',
      'https://one.internal:8081 http://two.internal:8081',
      'https://one.internal:8081 https://one.internal:8081',
      'http://10.0.0.1:8081',
      'http://127.0.0.1:8081/redeem',
      'http://user@127.0.0.1:8081',
    ]) {
      expect([url, start({ ISSUER: url })]).toEqual([url, expect.stringMatching(/^ISSUER: /)]);
    }
    for (const [url, ...issuers] of [
      ['http://localhost:1', 'http://localhost:1'],
      ['http://[::1]:1', 'http://[::1]:1'],
      ['http://127.0.0.1:8081/', 'http://127.0.0.1:8081'],
      ['https://issuer.internal', 'https://issuer.internal'],
      ['https://10.0.0.1:8081', 'https://10.0.0.1:8081'],
      [
        ' https://one.internal:1  https://two.internal:1/ ',
        'https://one.internal:1',
        'https://two.internal:1',
      ],
    ] as const) {
      expect(settingsOf({ ISSUER: url }).issuers).toEqual(issuers);
    }
  });

  test('the authorities of the issuer’s certificate are a file in PEM', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sotto-settings-'));
    const file = path.join(folder, 'ca.pem');
    expect(start({ ISSUER_CA_FILE: file })).toMatch(/^ISSUER_CA_FILE: must be the path of a file/);
    writeFileSync(file, '-----BEGIN PRIVATE KEY-----');
    expect(start({ ISSUER_CA_FILE: file })).toBe('ISSUER_CA_FILE: must be certificates in PEM');
    writeFileSync(file, '-----BEGIN CERTIFICATE-----\n');
    expect(settingsOf({ ISSUER_CA_FILE: file }).issuerTls).toEqual({ ca: '-----BEGIN CERTIFICATE-----\n' });
    expect(settingsOf({}).issuerTls).toEqual({});
    rmSync(folder, { recursive: true });
  });

  test.each(['ISSUER_TOKEN', 'RELAY_TOKEN', 'OPERATOR_TOKEN'])(
    'K01 a %s that no Authorization field can carry is refused at the start',
    (name) => {
      for (const token of [undefined, '', 'short', 'with a space in it', 'a'.repeat(513)]) {
        expect(start({ [name]: token })).toMatch(new RegExp(`^${name}: `));
      }
      for (const odd of ['!', ':', '"', '=', '@', ',']) {
        expect(start({ [name]: `credential${odd}of-the-tests` })).toMatch(new RegExp(`^${name}: `));
      }
      expect(start({ [name]: `${'a/+._~-9'.repeat(2)}==` })).toBe('starts');
    },
  );

  test('B23 a service has a public address, or one that its row lists', () => {
    const own = (...addresses: unknown[]) => ({ private: addresses });
    const refused: object[] = [
      { binding: 'STICKERS' },
      { url: 'http://stickers.example' },
      { url: 'https://127.0.0.1' },
      { url: 'http://127.0.0.1:8804' },
      { url: 'https://10.0.0.1', ...own('10.1.0.0/16') },
      { url: 'https://[::1]', ...own('127.0.0.1') },
      { url: 'http://stickers.example', ...own('10.0.0.0/8') },
      { url: 'http://stickers.example', ...own('127.0.0.1', '10.0.0.1') },
      { url: 'http://stickers.example', ...own('127.0.0.0/0') },
      { url: 'https://stickers.example', ...own() },
      { url: 'https://stickers.example', ...own('0.0.0.0/0') },
      { url: 'https://stickers.example', ...own('stickers.example') },
      { url: 'https://stickers.example', ...own(10) },
      { url: 'https://stickers.example', private: '10.0.0.1' },
    ];
    // LOCAL does not relax this: a local address is configured in the row.
    for (const value of refused) {
      expect([value, target(value, { LOCAL: 'true' })]).toEqual([
        value,
        expect.stringMatching(/^SERVICES\[0\]/),
      ]);
    }
    for (const value of [
      { url: 'https://stickers.example', ...own('10.2.0.0/16', 'fd00:1::/32') },
      { url: 'https://10.2.3.4', ...own('10.2.0.0/16') },
      { url: 'http://127.0.0.1:8804', ...own('127.0.0.1') },
      { url: 'http://localhost:8804', ...own('127.0.0.0/8', '::1') },
    ]) {
      expect([value, target(value)]).toEqual([value, 'starts']);
    }
  });

  test('N15 a service over plain http is on this machine, and its name cannot resolve to another one', () => {
    const settings = (value: object) => settingsOf({ SERVICES: JSON.stringify([{ ...ROW, target: value }]) });
    const { permits } = settings({ url: 'http://h.example', private: ['127.0.0.1', '0:0:0:0:0:0:0:1'] });
    const found = ['127.0.0.1', '::1', '127.0.0.2', '9.9.9.9', '10.0.0.1', '2606:4700::1111'];
    expect(found.filter((address) => permits.get('stickers')?.(address))).toEqual(['127.0.0.1', '::1']);
    const secure = settings({ url: 'https://h.example', private: ['127.0.0.1'] }).permits.get('stickers');
    expect(found.filter((address) => secure?.(address))).toEqual(['127.0.0.1', '9.9.9.9', '2606:4700::1111']);
    for (const own of ['0000::ffff:0:0/96', '126.0.0.0/7', '::/127', '127.0.0.1/31x', '128.0.0.1']) {
      expect(target({ url: 'http://h.example', private: [own] })).toMatch(/^SERVICES\[0\]\.target/);
    }
  });

  test('N35 the prefix of a NAT64 is checked at the start, and used for every service', () => {
    expect(start({ NAT64_PREFIX: '64:ff9b::/95' })).toMatch(
      /^NAT64_PREFIX: must be an IPv6 prefix of 32, 40/,
    );
    const permits = settingsOf({ NAT64_PREFIX: '64:ff9b::/96' }).permits.get('stickers');
    expect(['64:ff9b::808:808', '64:ff9b::7f00:1'].map((address) => permits?.(address))).toEqual([
      true,
      false,
    ]);
  });

  test('numbers are whole and within their limits, and a store is named', () => {
    for (const name of ['PORT', 'REPLAY_CAPACITY', 'MAX_IN_FLIGHT', 'DRAIN_MS']) {
      for (const value of ['x', '-1', '1.5', '1e3', '99999999999']) {
        expect(start({ [name]: value })).toMatch(new RegExp(`^${name}: `));
      }
    }
    expect(start({ STORE: undefined })).toMatch(/^STORE: /);
  });
});
