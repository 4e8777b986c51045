import { describe, expect, test } from 'vitest';
import { Variables, type Environment } from '../../src/config/index.ts';
import { readPostgresSettings, readStoreRisks } from '../../src/postgres/index.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const FILES: Readonly<Record<string, string>> = {
  '/run/password': 'of-the-file\n',
  '/run/ca.pem': PEM,
  '/run/x': 'x',
};

function readFile(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw new Error('ENOENT');
  return text;
}
const variables = (environment: Environment): Variables =>
  new Variables(environment, { service: 'issuer', platform: 'node', readFile });
const read = (environment: Environment) => readPostgresSettings(variables(environment), 'STORE', readFile);

describe('PostgreSQL settings', () => {
  test('name host, port, user and database; the port is 5432 unless given', () => {
    expect(read({ STORE: 'postgres://issuer@db.example/sotto' })).toEqual({
      host: 'db.example',
      port: 5432,
      user: 'issuer',
      database: 'sotto',
      password: null,
      tls: { rejectUnauthorized: true },
    });
    expect(read({ STORE: 'postgresql://a%40b@[2001:db8::1]:6432/my%20db' })).toMatchObject({
      host: '2001:db8::1',
      port: 6432,
      user: 'a@b',
      database: 'my db',
    });
  });

  test.each([
    ['postgres://u@127.0.0.1/d', false],
    ['postgres://u@127.9.9.9/d', false],
    ['postgres://u@localhost/d', false],
    ['postgres://u@[::1]/d', false],
    ['postgres://u@10.0.0.1/d', true],
    ['postgres://u@localhost.example/d', true],
    ['postgres://u@127.0.0.1.example/d', true],
  ])('%s: TLS %s', (STORE, isTls) => {
    expect(read({ STORE }).tls !== false).toBe(isTls);
  });

  test('TLS verifies the authorities of STORE_CA_FILE, on loopback too', () => {
    const { tls } = read({ STORE: 'postgres://u@127.0.0.1/d', STORE_CA_FILE: '/run/ca.pem' });
    expect(tls).toEqual({ ca: PEM, rejectUnauthorized: true });
  });

  test('the password is a variable or a file', () => {
    const STORE = 'postgres://u@127.0.0.1/d';
    expect(read({ STORE, STORE_PASSWORD: 'of the variable' }).password).toBe('of the variable');
    expect(read({ STORE, STORE_PASSWORD_FILE: '/run/password' }).password).toBe('of-the-file');
  });

  const SECRET = 'hunter2';
  test.each<[string, Environment]>([
    ['STORE: must not contain a password', { STORE: `postgres://u:${SECRET}@db.example/d` }],
    ['STORE: must be a path, or a URL', { STORE: `postgres://db.example/${SECRET}` }],
    ['STORE: must be a path, or a URL', { STORE: `postgres://u@db.example/a/${SECRET}` }],
    ['STORE: must be a path, or a URL', { STORE: `postgres://u@db.example` }],
    ['STORE: must be a path, or a URL', { STORE: `postgres://u@:${SECRET}/d` }],
    ['STORE: must end after the name', { STORE: `postgres://u@db.example/d?password=${SECRET}` }],
    ['STORE: must end after the name', { STORE: `postgres://u@db.example/d?sslmode=disable#${SECRET}` }],
    ['STORE_CA_FILE: must be the path of a file', { STORE: 'postgres://u@h/d', STORE_CA_FILE: `/${SECRET}` }],
    ['STORE_CA_FILE: must be certificates in PEM', { STORE: 'postgres://u@h/d', STORE_CA_FILE: '/run/x' }],
    [
      'STORE_PASSWORD_FILE: is set together with STORE_PASSWORD',
      { STORE: 'postgres://u@h/d', STORE_PASSWORD: SECRET, STORE_PASSWORD_FILE: '/run/password' },
    ],
  ])('K01 %s, and no secret is printed', (message, environment) => {
    expect(() => read(environment)).toThrow(message);
    expect(() => read(environment)).not.toThrow(SECRET);
  });

  test('risks are accepted by their names, and by no other text', () => {
    expect([...readStoreRisks(variables({}))]).toEqual([]);
    const both = readStoreRisks(variables({ STORE_RISKS: ' one-cluster  no-synchronous-standby ' }));
    expect([...both]).toEqual(['one-cluster', 'no-synchronous-standby']);
    for (const STORE_RISKS of ['all', 'true', 'one-cluster,unattended-promotion', 'ONE-CLUSTER']) {
      expect(() => readStoreRisks(variables({ STORE_RISKS }))).toThrow(
        'STORE_RISKS: must be names from this list',
      );
    }
  });
});
