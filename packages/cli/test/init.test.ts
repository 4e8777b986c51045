import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VARIABLES } from '@sotto/service/variables';
import { writeFolder, writeSecret } from '../src/init/write.ts';
import { run } from '../src/run.ts';
import { TestIo } from './support/io.ts';
import { expectAsShipped } from './support/shipped-config.ts';

const B = ['init', 'b', 'b', '--gateway', 'https://gateway.b.test', '--issuer', 'https://issuer.b.test'];
const A = ['init', 'a', 'a', '--invite', 'b/invite.json', '--relay', 'https://relay.a.test'];
let folder = '';
let io: TestIo;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sotto-init-'));
  io = new TestIo(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const modeOf = (name: string): number => statSync(path.join(folder, name)).mode & 0o777;
const all = (): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(path.join(folder, file)).isFile(),
  );

describe('sotto init', () => {
  test.each(['node', 'compose', 'workers'])(
    'on %s: secrets are readable only by their owner, and are in no other file',
    async (hosting) => {
      expect(await run([...B, '--on', hosting], io)).toBe(0);
      const ofOneProvider = hosting === 'workers' ? ['--allow-one-provider'] : [];
      expect(await run([...A, '--on', hosting, ...ofOneProvider], io)).toBe(0);
      const secrets = all().filter((file) => modeOf(file) === 0o600);
      expect(secrets).toContain('b.root.secret');
      expect(secrets.length).toBeGreaterThan(hosting === 'workers' ? 6 : 10);
      const { d: developmentKey } = JSON.parse(read('b/attester.jwk')) as { d: string };
      const values = secrets
        .filter((file) => file !== 'b/attester.jwk') // half of it is public
        .flatMap((file) => read(file).match(/[\w-]{43}/g) ?? [])
        .filter((value) => value !== JSON.parse(read('a/client.json')).root);
      const open = all().filter((file) => modeOf(file) !== 0o600);
      for (const file of open) {
        expect([...values, developmentKey].filter((value) => read(file).includes(value))).toEqual([]);
      }
      expect(io.said).not.toMatch(/[\w-]{43}/);
    },
  );

  test('the root secret is not in the folder, and a path inside of it is refused', async () => {
    expect(await run(B, io)).toBe(0);
    const secret = read('b.root.secret').trim();
    expect(all().filter((file) => read(file).includes(secret))).toEqual(['b.root.secret']);
    const inside = [...B.with(2, 'c'), '--root-secret', 'c/root.secret'];
    expect(await run(inside, io)).toBe(2);
    expect(io.errors.at(-1)).toContain('--root-secret must be outside of ');
  });

  test('an existing root secret is used and stays', async () => {
    expect(await run(['root', 'new', '--root-secret', 'root.secret'], io)).toBe(0);
    const before = read('root.secret');
    expect(await run([...B, '--root-secret', 'root.secret'], io)).toBe(0);
    expect(JSON.parse(read('b/client.json')).root).toBe(io.lines[0]);
    expect(read('root.secret')).toBe(before);
  });

  test('a folder with files is refused, and nothing in it changes', async () => {
    expect(await run(B, io)).toBe(0);
    const before = all().map((file) => [file, read(file)]);
    expect(await run(B, io)).toBe(1);
    expect(io.errors.at(-1)).toContain('is not empty. Name a new folder');
    expect(all().map((file) => [file, read(file)])).toEqual(before);
  });

  test('two folders have no secret in common', async () => {
    await run(B, io);
    await run(B.with(2, 'c'), io);
    for (const name of [
      'gateway/KEY_WRAPPING_KEY',
      'gateway/RELAY_TOKEN',
      'issuer/ACCOUNT_KEY',
      'operator.token',
    ]) {
      expect(read(`b/${name}`)).not.toBe(read(`c/${name}`));
    }
    expect(read('b/gateway/KEY_WRAPPING_KEY')).not.toBe(read('b/issuer/KEY_WRAPPING_KEY'));
  });

  test.each([
    ['--gateway', 'http://gateway.b.test'],
    ['--gateway', 'https://gateway.b.test/path'],
    ['--gateway', 'https://192.0.2.7'],
    ['--gateway', 'https://[2001:db8::1]'],
    ['--issuer', 'https://localhost'],
    ['--issuer', 'https://gateway.b.test'],
    ['--on', 'kubernetes'],
    ['--port', '65100'],
    ['--jwks', 'https://accounts.example/jwks.json'],
    ['--release', 'a folder'],
    ['--epoch-seconds', 'day'],
  ])('b: %s %s is wrong usage, and nothing is written', async (option, value) => {
    const argv = B.includes(option) ? B.with(B.indexOf(option) + 1, value) : [...B, option, value];
    expect(await run(argv, io)).toBe(2);
    expect(io.errors).toHaveLength(1);
    expect(all()).toEqual([]);
  });

  test.each([
    '',
    '[]',
    'null',
    '{"gateway":"https://gateway.b.test"}',
    '{"gateway":1,"credential":1,"issuer":1,"root":1}',
  ])('a: %j is not an invite', async (text) => {
    writeFileSync(path.join(folder, 'invite.json'), text);
    expect(await run(A.with(4, 'invite.json'), io)).toBe(1);
    expect(io.errors.at(-1)).toContain('is not an invite');
  });

  test('a: the relay is not the gateway', async () => {
    await run(B, io);
    expect(await run(A.with(6, 'https://gateway.b.test'), io)).toBe(2);
  });

  test('environment files have the form that all readers share', async () => {
    await run(B, io);
    await run(A, io);
    for (const file of all().filter((name) => name.endsWith('.env'))) {
      const lines = read(file).trimEnd().split('\n');
      expect(lines.filter((line) => !/^[A-Z_]+=[A-Za-z0-9\-._~+/:,=]+$/.test(line))).toEqual([]);
      expect(lines.every((line) => Object.hasOwn(VARIABLES, line.split('=')[0] ?? ''))).toBe(true);
    }
  });
});

describe('sotto init and providers', () => {
  const [onB, onA] = [
    [...B, '--on', 'workers'],
    [...A, '--on', 'workers'],
  ];
  const said = (): string => io.errors.join('\n');

  test('on Workers both sides say that they run at one provider, and A has to accept it', async () => {
    expect(await run(onB, io)).toBe(0);
    expect(said()).toContain(
      'the gateway runs at cloudflare: a relay at the same provider serves nobody until',
    );
    expect(read('b/README.md')).toContain('`PROVIDER=cloudflare`');
    expect(await run(onA, io)).toBe(2);
    expect(said()).toContain('relay and gateway both run at cloudflare, which could combine what both see');
    expect(all().some((file) => file.startsWith('a/'))).toBe(false);
    expect(await run([...onA, '--allow-one-provider'], io)).toBe(0);
    expect(io.errors.join('\n')).toContain('tell your users that they trust it not to');
    expect(read('a/wrangler.toml')).toMatch(/PROVIDER = '''cloudflare'''\nALLOW_ONE_PROVIDER = '''true'''/);
    expect(read('a/README.md')).toContain('`ALLOW_ONE_PROVIDER=true` accepts that cloudflare runs both');
  });

  test('the provider of the gateway is in the invite, and own machines have the name of the host', async () => {
    await run(B, io);
    await run(A, io);
    expect(JSON.parse(read('b/invite.json')).provider).toBe('own-gateway-b-test');
    expect(read('b/gateway.env')).toContain('PROVIDER=own-gateway-b-test\n');
    expect(read('a/relay.env')).toContain('PROVIDER=own-relay-a-test\n');
    expect(read('a/relay.env')).not.toContain('ALLOW_ONE_PROVIDER');
    expect(said()).not.toContain('one provider');
  });

  test.each(['node', 'compose'])('a rented machine is named, and found on %s too', async (on) => {
    await run([...B, '--on', on, '--provider', 'hetzner'], io);
    expect(said()).toContain('the gateway runs at hetzner');
    expect(await run([...A, '--on', on, '--provider', 'hetzner'], io)).toBe(2);
    expect(await run([...A, '--on', on, '--provider', 'ovh'], io)).toBe(0);
  });

  test('an invite without a provider, as older versions write, is accepted', async () => {
    await run(onB, io);
    const { provider: _, ...older } = JSON.parse(read('b/invite.json')) as { provider: string };
    writeFileSync(path.join(folder, 'b/invite.json'), JSON.stringify(older));
    expect(await run(onA, io)).toBe(0);
    writeFileSync(path.join(folder, 'b/invite.json'), JSON.stringify({ ...older, provider: 7 }));
    expect(await run(onA.with(2, 'again'), io)).toBe(1);
  });

  test.each(['Hetzner', 'a b', ' hetzner', '', '-a', 'a'.repeat(64)])(
    '--provider %j is wrong usage',
    async (name) => {
      expect(await run([...B, '--provider', name], io)).toBe(2);
      expect(io.errors.at(-1)).toContain('--provider must be one name of a-z, 0-9 and -');
      expect(all()).toEqual([]);
    },
  );
});

describe('sotto init on workers', () => {
  test.each(['relay', 'gateway', 'issuer', 'stickers'])(
    '%s has the bindings, flags and limits of the shipped wrangler.toml',
    async (env) => {
      await run([...B, '--on', 'workers'], io);
      await run([...A, '--on', 'workers', '--allow-one-provider'], io);
      const file = path.join(folder, env === 'relay' ? 'a' : 'b', 'wrangler.toml');
      expect(expectAsShipped(file, env)).toBe(env === 'stickers' ? 0 : 1);
    },
  );
});

describe('secret files', () => {
  test('a file system without modes is refused, and no file is left', async () => {
    const target = path.join(folder, 'ops');
    const files = [{ name: 'operator.token', text: 'x', secret: true }];
    await expect(writeFolder(target, { files }, async () => 0o777)).rejects.toThrow(
      'could be read by others',
    );
    await expect(writeSecret(path.join(folder, 'root.secret'), 'x', async () => 0o644)).rejects.toThrow(
      'could be read',
    );
    expect(all()).toEqual([]);
  });
});

describe('sotto account', () => {
  test('makes a token with the claims and the key that the issuer was given', async () => {
    await run(B, io);
    io.lines.length = 0;
    expect(await run(['account', 'ada', '--config', 'b'], io)).toBe(0);
    const [head = '', claims = ''] = (io.lines[0] ?? '').split('.');
    const parsed = (part: string): Record<string, unknown> =>
      JSON.parse(Buffer.from(part, 'base64url').toString());
    const [attester] = JSON.parse(read('b/issuer/ATTESTERS')) as [
      { issuer: string; audience: string; jwks: { keys: { kid: string }[] } },
    ];
    expect(parsed(claims)).toMatchObject({ sub: 'ada', iss: attester.issuer, aud: attester.audience });
    expect(parsed(head)).toEqual({ alg: 'ES256', kid: attester.jwks.keys[0]?.kid });
  });

  test('says what is missing without a development key', async () => {
    expect(
      await run(
        [...B, '--jwks', 'https://accounts.example/jwks.json', '--jwt-issuer', 'https://accounts.example'],
        io,
      ),
    ).toBe(0);
    expect(await run(['account', '--config', 'b'], io)).toBe(1);
    expect(io.errors.at(-1)).toContain('without --jwks');
    expect(await run(['account'], io)).toBe(2);
  });
});
