import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { check } from '../src/commands/check.ts';
import { run } from '../src/run.ts';
import { TestIo } from './support/io.ts';

const NAMES = ['--gateway', 'https://gateway.b.test', '--issuer', 'https://issuer.b.test'];
const ELSEWHERE = ['--database', 'db1.example', '--quota-database', 'db2.example:6432'];
const B = ['init', 'b', 'b', ...NAMES, '--release', 'release', '--store', 'postgres'];
const SECRETS = ['gateway/STORE_PASSWORD', 'issuer/STORE_PASSWORD', 'issuer/QUOTA_STORE_PASSWORD'];
let folder = '';
let io: TestIo;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sotto-init-'));
  io = new TestIo(folder);
  mkdirSync(path.join(folder, 'release'));
  for (const name of ['gateway', 'issuer', 'stickers'])
    writeFileSync(path.join(folder, 'release', `${name}.mjs`), '');
  const components = { name: 'sotto', version: manifest.version };
  writeFileSync(path.join(folder, 'release/components.cdx.json'), JSON.stringify(components, null, 1));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string): string => readFileSync(path.join(folder, 'b', name), 'utf8');
const valueOf = (file: string, name: string): string | undefined =>
  new RegExp(`^${name}=(.*)$`, 'm').exec(read(file))?.[1];
const files = (): string[] =>
  readdirSync(path.join(folder, 'b'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(path.join(folder, 'b', file)).isFile(),
  );

describe('init b --store postgres', () => {
  test('on node: names the databases of both clusters, each role and its own, and accepts no risk', async () => {
    expect(await run([...B, ...ELSEWHERE], io)).toBe(0);
    expect(valueOf('gateway.env', 'STORE')).toBe('postgres://sotto_gateway@db1.example/sotto_gateway');
    expect(valueOf('issuer.env', 'STORE')).toBe('postgres://sotto_issuer@db1.example/sotto_issuer');
    expect(valueOf('issuer.env', 'QUOTA_STORE')).toBe(
      'postgres://sotto_quotas@db2.example:6432/sotto_quotas',
    );
    for (const file of files()) expect(read(file)).not.toContain('STORE_RISKS');
    expect(read('systemd/sotto-issuer.service')).not.toContain('StateDirectory');
    expect(files()).not.toContain('proxy/balancer.cfg');
    expect(read('README.md')).toContain('psql -h db2.example -p 6432 -d postgres -f');
  });

  test.each([
    ['node', ELSEWHERE],
    ['compose', ELSEWHERE],
    ['compose', []],
  ])('on %s %j: check finds no fault in the folder', async (hosting, options) => {
    expect(await run([...B, '--on', hosting, ...options], io)).toBe(0);
    io.lines.length = 0;
    const unreachable = () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' }));
    expect(await check(['--config', 'b'], io, { certificateEnd: unreachable })).toBe(0);
    expect(io.lines.filter((line) => line.includes('FAIL'))).toEqual([]);
    expect(io.lines.filter((line) => line.includes('pass')).length).toBeGreaterThan(8);
  });

  test('every password is in exactly one secret file, and differs between folders', async () => {
    await run([...B, '--on', 'compose'], io);
    await run([...B.with(2, 'c'), '--on', 'compose'], io);
    const names = [...SECRETS, 'postgres/tokens.password', 'postgres/quotas.password'];
    const passwords = names.map((name) => read(name).trim());
    expect(new Set(passwords).size).toBe(names.length);
    for (const [i, name] of names.entries()) {
      const password = passwords[i] ?? '';
      expect(password).toMatch(/^[\w-]{43}$/);
      expect(files().filter((file) => read(file).includes(password))).toEqual([name]);
      expect(statSync(path.join(folder, 'b', name)).mode & 0o777).toBe(0o600);
      expect(readFileSync(path.join(folder, 'c', name), 'utf8').trim()).not.toBe(password);
    }
    expect(io.said).not.toMatch(/[\w-]{43}/);
  });

  test('on compose: runs two clusters, of which neither has a standby, and says so by name', async () => {
    await run([...B, '--on', 'compose'], io);
    for (const file of ['gateway.env', 'issuer.env'])
      expect(valueOf(file, 'STORE_RISKS')).toBe('no-synchronous-standby');
    expect(read('compose.yaml')).toMatch(/^ {2}postgres-tokens:$/m);
    expect(read('compose.yaml')).toMatch(/^ {2}postgres-quotas:$/m);
    expect(readdirSync(path.join(folder, 'b/state')).toSorted()).toEqual([
      'postgres-quotas',
      'postgres-tokens',
    ]);
  });

  test('on compose with clusters elsewhere: runs none, and accepts no risk', async () => {
    await run([...B, '--on', 'compose', ...ELSEWHERE], io);
    expect(valueOf('issuer.env', 'STORE')).toBe('postgres://sotto_issuer@db1.example/sotto_issuer');
    expect(valueOf('issuer.env', 'STORE_RISKS')).toBeUndefined();
    expect(read('compose.yaml')).not.toContain('postgres-');
    expect(read('compose.yaml')).toMatch(/^ {2}gateway-2:$/m);
  });

  test('on compose: every listener of the folder has a port of its own, and the balancer has those of the proxy', async () => {
    await run([...B, '--on', 'compose'], io);
    const text = ['compose.yaml', 'gateway.env', 'issuer.env', 'stickers.env'].map(read).join('\n');
    const listens = text.matchAll(/^\s*(?:PORT|OPERATOR_PORT|INTERNAL_PORT|PGPORT)(?:=|: )"?(\d+)/gm);
    const binds = read('proxy/balancer.cfg').matchAll(/bind 127\.0\.0\.1:(\d+)/g);
    const bound = Array.from(binds, ([, port]) => port);
    const ports = [...Array.from(listens, ([, port]) => port), ...bound];
    expect(ports).toHaveLength(15);
    expect(new Set(ports).size).toBe(ports.length);
    const upstreams = read('proxy/Caddyfile').matchAll(/reverse_proxy 127\.0\.0\.1:(\d+)/g);
    expect(Array.from(upstreams, ([, port]) => port)).toEqual(bound);
  });

  test.each<[readonly string[], string]>([
    [[], 'needs --database and --quota-database'],
    [['--database', 'db1.example'], 'needs --database and --quota-database'],
    [['--on', 'compose', '--quota-database', 'db1.example'], 'needs --database and --quota-database'],
    [['--database', 'db1.example', '--quota-database', 'DB1.example'], 'must be two clusters'],
    [['--database', 'me:secret@db1.example', '--quota-database', 'db2.example'], 'must be a host'],
    [['--database', 'db1.example/x', '--quota-database', 'db2.example'], 'must be a host'],
    [['--database', 'db1.example:0', '--quota-database', 'db2.example'], 'must be a host'],
    [['--on', 'workers', ...ELSEWHERE], 'not for workers'],
    [['--store', 'mysql'], 'must be sqlite or postgres'],
    [['--store', 'sqlite', ...ELSEWHERE], 'belong to --store postgres'],
  ])('%j is wrong usage, and nothing is written', async (options, message) => {
    expect(await run([...B, ...options], io)).toBe(2);
    expect(io.errors.at(-1)).toContain(message);
    expect(readdirSync(folder)).toEqual(['release']);
  });
});
