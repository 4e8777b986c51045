import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bundleSigningInput, decodeSignedBundle, nobleEd25519Verify } from '@sotto/bundle';
import { base64url, fromBase64url, hex } from '@sotto/wire';
import { run } from '../src/run.ts';
import { CLOCK, useFixedClock } from './support/clock.ts';
import { localRoutes, TestIo } from './support/io.ts';
import { DAY, World } from '../../client/test/support/world.ts';

let folder = '';
let world: World;
let io: TestIo;

useFixedClock();
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sotto-cli-'));
  world = await World.create();
  world.now = CLOCK;
  io = new TestIo(folder, world);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** An operator's route. It does not exist for anybody else. */
const authorized = ({ headers }: RequestInit, answer: () => Response): Response =>
  (headers as Record<string, string>)['authorization'] === 'Bearer operator-secret'
    ? answer()
    : new Response(null, { status: 404 });

describe('sotto keys', () => {
  test('show: prints a gateway’s keys with id, KEM, suites and public key', async () => {
    io.routes['https://gateway.example/.well-known/ohttp-gateway'] = () =>
      new Response(world.gateway.keyConfigs, { headers: { 'content-type': 'application/ohttp-keys' } });
    expect(await run(['keys', 'show', 'https://gateway.example/'], io)).toBe(0);
    const [key] = world.gateway.keys;
    expect(io.lines).toEqual([
      ['2', '25722', '1/1', hex(key?.config.publicKey ?? new Uint8Array())].join('\t'),
    ]);
  });

  test('show: finds the keys in a relay’s bundle', async () => {
    io.routes['https://relay.example/.well-known/ohttp-gateway'] = () => new Response(null, { status: 404 });
    expect(await run(['keys', 'show', 'https://relay.example'], io)).toBe(0);
    expect(io.lines).toHaveLength(1);
  });

  test('list and rotate: send the operator token', async () => {
    localRoutes(io, base64url(world.root));
    const keyId = 'AQID';
    io.routes['https://issuer.example/operator/keys'] = (init) =>
      authorized(init, () =>
        Response.json({
          keys: [{ service: 'stickers', epoch: 86_400, type: 5, keyId, state: 'current', evaluations: 64 }],
        }),
      );
    io.routes['https://gateway.example/operator/keys'] = (init) =>
      authorized(init, () =>
        Response.json([
          { sequence: 1, notBefore: 86_400, keys: [{ keyId: 2, kemId: 32, publicKey: 'BBBB' }] },
        ]),
      );
    for (const party of ['issuer', 'gateway']) {
      io.routes[`https://${party}.example/operator/keys/rotate`] = (init) =>
        authorized(init, () => new Response(null, { status: 204 }));
    }
    expect(await run(['keys', 'list'], io)).toBe(0);
    expect(io.lines).toEqual([
      'GATEWAY EPOCH  STARTS                KEY ID  KEM     PUBLIC KEY',
      '1              1970-01-02T00:00:00Z  2       X25519  BBBB',
      'ISSUER EPOCH          SERVICE   TYPE    STATE    EVALUATIONS  KEY ID',
      '1970-01-02T00:00:00Z  stickers  0x0005  current  <64          AQID',
    ]);
    io.lines.length = 0;
    expect(await run(['keys', 'list', '--json'], io)).toBe(0);
    expect(io.lines.map((line) => (JSON.parse(line) as { party: string }).party)).toEqual([
      'gateway',
      'issuer',
    ]);
    let unsigned = 2;
    io.routes['https://gateway.example/operator/bundles'] = (init) =>
      authorized(init, () =>
        Response.json(
          [0, 1, 2].map((sequence) => ({ sequence, bundle: 'AA', signed: sequence >= unsigned })),
        ),
      );
    expect(await run(['keys', 'rotate'], io)).toBe(0);
    expect(io.asked.slice(-3).map(({ url }) => url)).toEqual([
      'https://issuer.example/operator/keys/rotate',
      'https://gateway.example/operator/keys/rotate',
      'https://gateway.example/operator/bundles',
    ]);
    expect(io.errors.at(-1)).toBe('sotto: 2 bundles have no signature: run sotto bundle sign');
    unsigned = 0;
    expect(await run(['keys', 'rotate'], io)).toBe(0);
    expect(io.errors.at(-1)).toBe('sotto: https://gateway.example: all keys are up to their schedule');
    expect(
      await run(['keys', 'list', '--issuer', 'https://issuer.example', '--operator-token', 'wrong'], io),
    ).toBe(1);
    expect(io.said).not.toContain('operator-secret');
    expect(io.errors.at(-1)).toContain('HTTP 404. Operator routes refuse a wrong token like this');
  });
});

test('sotto quota show: requests one account from the issuer', async () => {
  io.env['SOTTO_OPERATOR_TOKEN'] = 'secret';
  io.routes['https://issuer.example/operator/quota'] = () =>
    Response.json({ service: 'stickers', epoch: 86_400, used: 60, quota: { default: 300, pro: 900 } });
  expect(await run(['quota', 'show', '--account', 'a b&c', '--issuer', 'https://issuer.example'], io)).toBe(
    0,
  );
  expect(io.asked[0]?.url).toBe('https://issuer.example/operator/quota');
  expect(io.asked[0]?.init?.body).toBe('{"account":"a b&c"}');
  expect(io.lines).toEqual(['stickers\t1970-01-02T00:00:00Z\t60\tdefault=300\tpro=900']);
});

const root = (): string[] => ['--root', base64url(world.root)];

describe('sotto bundle', () => {
  const relays = ['https://relay.example', 'https://mirror.example'];
  const verify = (...more: string[]): Promise<number> => run(['bundle', 'verify', ...relays, ...more], io);

  test('verify: passes when all URLs show the same bundle', async () => {
    io.routes['https://mirror.example/bundle'] = () => new Response(world.signed());
    expect(await verify(...root())).toBe(0);
    expect(io.lines.map((line) => line.split('\t')[0])).toEqual(['pass', 'pass']);
    expect(new Set(io.lines.map((line) => line.split('\t')[4])).size).toBe(1);
  });

  test('verify: fails on equivocation, another epoch, another root and no response', async () => {
    const honest = world.signed();
    io.routes['https://relay.example/bundle'] = () => new Response(honest);
    await world.gateway.newKey(9);
    const other = world.signed();
    const yesterday = world.signed(Math.floor(world.now / DAY) * DAY - DAY);
    for (const [shown, result] of [
      [other, 'equivocation'],
      [yesterday, 'another epoch'],
      [honest.subarray(1), 'truncated'],
    ] as const) {
      io.lines.length = 0;
      io.routes['https://mirror.example/bundle'] = () => new Response(shown);
      expect(await verify(...root())).toBe(1);
      expect(io.lines[1]).toMatch(new RegExp(`^${result}\t`));
    }
    io.lines.length = 0;
    io.routes['https://mirror.example/bundle'] = () => new Response(null, { status: 503 });
    expect(await verify(...root())).toBe(1);
    expect(io.lines[1]).toMatch(/^no bundle\t/);
    expect(
      await run(
        ['bundle', 'verify', 'https://relay.example', '--root', base64url(new Uint8Array(32).fill(1))],
        io,
      ),
    ).toBe(1);
    expect(io.lines.at(-1)).toMatch(/^bad-signature\t/);
  });

  test('verify: two files with the evidence of a client contradict each other, also after years', async () => {
    const long = Math.floor(world.now / DAY) * DAY - 900 * DAY;
    const [one, next] = [world.signed(long), world.signed(long + DAY)];
    await world.gateway.newKey(9);
    const other = world.signed(long);
    const write = (name: string, bytes: Uint8Array<ArrayBuffer>) =>
      writeFile(path.join(folder, name), `${base64url(bytes)}\n`);
    await Promise.all([write('one', one), write('other', other), write('next', next)]);
    const files = (...names: string[]): Promise<number> => run(['bundle', 'verify', ...names, ...root()], io);
    expect(await files('one', 'other')).toBe(1);
    expect(io.lines.map((line) => line.split('\t').slice(0, 2))).toEqual([
      ['pass', 'one'],
      ['equivocation', 'other'],
    ]);
    expect(await files('one', 'one')).toBe(0);
    expect(await files('one', 'next')).toBe(1);
    expect(io.lines.at(-1)).toMatch(/^another epoch\tnext\t/);
    expect(await files('nowhere')).toBe(1);
    expect(io.errors.at(-1)).toContain('nowhere has no bundle in base64url. Name such a file, or a URL.');
  });

  test('root new, then sign: posts valid signatures, once', async () => {
    expect(await run(['root', 'new', '--root-secret', 'root.key'], io)).toBe(0);
    const publicKey = fromBase64url(io.lines[0] ?? '');
    expect((await stat(path.join(folder, 'root.key'))).mode & 0o777).toBe(0o600);
    expect(io.said).not.toContain((await readFile(path.join(folder, 'root.key'), 'utf8')).trim());
    expect(await run(['root', 'new', '--root-secret', 'root.key'], io)).toBe(1);

    const encoded = decodeSignedBundle(world.signed()).bundle;
    const posted: { sequence: number; signature: string }[] = [];
    io.routes['https://gateway.example/operator/bundles'] = ({ method, body }) => {
      if (method === 'POST') posted.push(...(JSON.parse(body as string) as typeof posted));
      const bundle = base64url(encoded);
      return Response.json([
        { sequence: 1, bundle, signed: true },
        { sequence: 2, bundle, signed: posted.length > 0 },
      ]);
    };
    const argv = [
      'bundle',
      'sign',
      '--gateway',
      'https://gateway.example',
      '--operator-token',
      't',
      '--root-secret',
      'root.key',
    ];
    expect(await run(argv, io)).toBe(0);
    expect(posted.map(({ sequence }) => sequence)).toEqual([2]);
    const signature = fromBase64url(posted[0]?.signature ?? '');
    expect(nobleEd25519Verify(signature, bundleSigningInput(encoded), publicKey)).toBe(true);
    const before = io.asked.length;
    expect(await run(argv, io)).toBe(0);
    expect(io.asked.slice(before).map(({ init }) => init.method ?? 'GET')).toEqual(['GET']);
  });

  test('sign: refuses a root secret of another length', async () => {
    await writeFile(path.join(folder, 'short'), 'AAAA');
    const argv = [
      'bundle',
      'sign',
      '--gateway',
      'https://gateway.example',
      '--operator-token',
      't',
      '--root-secret',
      'short',
    ];
    expect(await run(argv, io)).toBe(1);
    expect(io.asked).toEqual([]);
  });
});
