import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { base64url } from '@sotto/wire';
import { withProgress } from '../src/io.ts';
import { COMMANDS, run } from '../src/run.ts';
import { json, field } from '../../client/test/support/gateway.ts';
import { localRoutes } from './support/io.ts';
import { drawn, folder, io, world, useOneWorld } from './support/one-world.ts';

useOneWorld();

const complete = async (...words: string[]): Promise<string[]> => {
  io.lines.length = 0;
  expect(await run(['__complete', ...words], io)).toBe(0);
  return [...io.lines];
};

describe('completion', () => {
  test('completes commands, commands of a group, options, and help', async () => {
    expect(await complete('se')).toEqual(['search']);
    expect(await complete('keys', '')).toEqual(['show', 'list', 'rotate', 'rewrap', 'retire-all']);
    expect(await complete('keys', 'ro')).toEqual(['rotate']);
    expect(await complete('search', 'cat', '--l')).toEqual(['--locale', '--limit']);
    expect(await complete('help', 'pro')).toEqual(['probe']);
    expect(await complete('nothing', '')).toEqual([]);
    const names = new Set(COMMANDS.map(({ name }) => name.split(' ', 1)[0]));
    expect(await complete('')).toEqual([...names, 'help']);
  });

  test.each(['bash', 'zsh', 'fish'])('prints the script of %s', async (shell) => {
    expect(await run(['completion', shell], io)).toBe(0);
    expect(io.lines.join('\n')).toContain('sotto __complete');
  });

  test('another shell is wrong usage', async () => {
    expect(await run(['completion', 'tcsh'], io)).toBe(2);
    expect(io.errors[0]).toContain('name a shell: bash, zsh, fish');
  });
});

describe('profiles', () => {
  const urls = ['--relay', 'https://relay.example', '--issuer', 'https://issuer.example'];
  const set = (...words: string[]): Promise<number> => run(['config', 'set', ...words], io);
  const fresh = ['--fresh', '--account-token', 'account.jwt'];

  test('URLs and root are given once: the default profile is used from then on', async () => {
    expect(await set(...urls, '--root', base64url(world.root))).toBe(0);
    const file = path.join(folder, 'config/sotto/default/client.json');
    expect(io.lines).toEqual([file]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await run(['search', 'cat', ...fresh], io)).toBe(0);
    expect(io.asked.some(({ url }) => url === 'https://relay.example/ohttp')).toBe(true);
  });

  test.each([
    ['--profile NAME', ['--profile', 'staging'], ['--profile', 'staging'], {}],
    ['--config DIR', ['--config', 'here'], ['--config', 'here'], {}],
    ['SOTTO_PROFILE', ['--profile', 'staging'], [], { SOTTO_PROFILE: 'staging' }],
    ['SOTTO_CONFIG', ['--config', 'here'], [], { SOTTO_CONFIG: 'here' }],
  ])('%s selects another profile', async (_name, where, option, env) => {
    expect(await set(...where, ...urls, '--root', base64url(world.root))).toBe(0);
    Object.assign(io.env, env);
    expect(await run(['search', 'cat', ...option, ...drawn, ...fresh], io)).toBe(0);
  });

  test('an option wins over the profile', async () => {
    await set(...urls, '--root', base64url(world.root));
    expect(await run(['search', 'cat', '--relay', 'https://other.example', ...fresh], io)).toBe(3);
    expect(io.asked.at(-1)?.url).toBe('https://other.example/bundle');
  });

  test('values are added to those that are stored; config show prints them without the token', async () => {
    await set(...urls);
    await set('--gateway', 'https://gateway.example', '--epoch-seconds', '3600');
    await writeFile(path.join(folder, 'config/sotto/default/operator.token'), 'operator-secret\n');
    io.lines.length = 0;
    expect(await run(['config', 'show', '--json'], io)).toBe(0);
    expect(JSON.parse(io.lines[0] ?? '')).toMatchObject({
      relay: 'https://relay.example',
      gateway: 'https://gateway.example',
      epochSeconds: 3600,
      operatorToken: 'from operator.token',
    });
    expect(io.said).not.toContain('operator-secret');
  });

  test('operator.token of the profile opens the operator’s routes', async () => {
    await set('--gateway', 'https://gateway.example');
    await writeFile(path.join(folder, 'config/sotto/default/operator.token'), 'operator-secret\n');
    io.routes['https://gateway.example/operator/keys'] = (init) => {
      expect(init.headers).toMatchObject({ authorization: 'Bearer operator-secret' });
      return Response.json([]);
    };
    expect(await run(['keys', 'list'], io)).toBe(0);
  });

  test.each([
    ['--profile', 'none', 'sotto config set'],
    ['--profile', '../x', 'letters, digits'],
    ['--config', 'nowhere', 'sotto config set'],
  ])('%s %s: status 2 and the remedy', async (option, value, said) => {
    expect(await run(['search', 'cat', option, value], io)).toBe(2);
    expect(io.errors[0]).toContain(said);
  });

  test.each([
    ['not json', 'is not JSON'],
    ['[]', 'must be a JSON object'],
    ['{"relay":"http://relay.example"}', 'relay: must be an https URL'],
    ['{"root":"AAAA"}', 'root: must be 32 bytes'],
    ['{"epochSeconds":0}', 'epochSeconds: must be a whole number'],
    ['{"relays":"https://relay.example"}', 'relays: is not known'],
  ])('client.json %s: status 2 with file, member and rule', async (text, said) => {
    const file = path.join(folder, 'config/sotto/default/client.json');
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    expect(await run(['search', 'cat'], io)).toBe(2);
    expect(io.errors[0]).toContain(`${file}: ${said}`);
    expect(await readFile(file, 'utf8')).toBe(text);
  });
});

describe('sotto fetch', () => {
  beforeEach(() => localRoutes(io, base64url(world.root)));
  const body = (): string => io.written.map((bytes) => new TextDecoder().decode(bytes)).join('');

  test('prints the body of a GET', async () => {
    world.gateway.service = () => json({ packs: ['core'] });
    expect(await run(['fetch', 'https://stickers/v1/packs', ...drawn], io)).toBe(0);
    expect(body()).toBe('{"packs":["core"]}');
    const [request] = world.gateway.seen;
    expect([request?.method, request?.path]).toEqual(['GET', '/v1/packs']);
  });

  test.each([
    ['text', ['-d', '{"q":"cat"}'], 'POST', 'application/json', '{"q":"cat"}'],
    ['a file', ['-d', '@data', '-t', 'text/plain'], 'POST', 'text/plain', 'from a file'],
    ['standard input', ['--data', '@-', '-X', 'PUT'], 'PUT', 'application/json', 'from standard input'],
  ])('sends %s', async (_name, words, method, type, content) => {
    await writeFile(path.join(folder, 'data'), 'from a file');
    io.stdin = new TextEncoder().encode('from standard input');
    expect(await run(['fetch', 'https://stickers/x?a=1', ...drawn, ...words], io)).toBe(0);
    const [request] = world.gateway.seen;
    expect([request?.method, request?.path]).toEqual([method, '/x?a=1']);
    expect(request === undefined ? '' : field(request, 'content-type')).toBe(type);
    expect(new TextDecoder().decode(request?.content)).toBe(content);
  });

  test('-i prints status and fields, -f fails on 400 or more, -o writes a file, --json prints an object', async () => {
    world.gateway.service = () => ({
      status: 404,
      type: 'text/plain',
      content: new TextEncoder().encode('none'),
    });
    expect(await run(['fetch', 'https://stickers/x', ...drawn, '-i'], io)).toBe(0);
    expect(io.lines).toEqual(['HTTP 404', 'content-type: text/plain', '']);
    expect(await run(['fetch', 'https://stickers/x', ...drawn, '-f', '-o', 'out'], io)).toBe(1);
    expect(await readFile(path.join(folder, 'out'), 'utf8')).toBe('none');
    io.lines.length = 0;
    expect(await run(['fetch', 'https://stickers/x', ...drawn, '--json'], io)).toBe(0);
    expect(JSON.parse(io.lines[0] ?? '')).toMatchObject({ status: 404, body: 'none' });
  });

  test('-H sends the fields that a service admits, and refuses a malformed line', async () => {
    expect(
      await run(['fetch', 'https://stickers/x', ...drawn, '-H', 'Accept: text/plain', '-H', 'x-a:b: c'], io),
    ).toBe(0);
    const names = ['authorization', 'content-type', 'date', 'accept', 'x-a'];
    expect(world.gateway.seen[0]?.fields.map(([name]) => name)).toEqual(names);
    expect(field(world.gateway.seen[0] as never, 'x-a')).toBe('b: c');
    expect(await run(['fetch', 'https://stickers/x', '-H', 'accept'], io)).toBe(2);
    expect(await run(['fetch', 'https://stickers/x', '-H', 'cookie: a=b'], io)).toBe(2);
    expect(io.said).toContain('cookie cannot be sent');
  });

  test('on a terminal control characters are replaced', async () => {
    io.columns = 80;
    world.gateway.service = () => ({ status: 200, content: new TextEncoder().encode('a\u001b[2Jb\nc') });
    expect(await run(['fetch', 'https://stickers/x', ...drawn], io)).toBe(0);
    expect(body()).toBe('a\ufffd[2Jb\nc\n');
  });

  test('a service that the bundle does not list: status 1 and what to do', async () => {
    expect(await run(['fetch', 'https://weather/x'], io)).toBe(1);
    expect(io.errors[0]).toContain('does not list this service');
  });
});

describe('progress', () => {
  test('is shown after a second, and cleared', async () => {
    vi.useFakeTimers();
    let finish = (): void => {};
    const task = withProgress(io, 'searching', new Promise<void>((resolve) => (finish = resolve)));
    vi.advanceTimersByTime(999);
    expect(io.shown).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(io.shown).toEqual(['searching…']);
    vi.useRealTimers();
    finish();
    await task;
    expect(io.shown).toEqual(['searching…', '']);
  });
});
