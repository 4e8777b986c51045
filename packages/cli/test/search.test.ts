import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { base64url } from '@sotto/wire';
import { run } from '../src/run.ts';
import { found, sticker } from '../../client/test/support/gateway.ts';
import { localRoutes } from './support/io.ts';
import { drawn, folder, io, parties, world, useOneWorld } from './support/one-world.ts';

useOneWorld();

const ENVELOPE = 'https://relay.example/ohttp';
const account = ['--account-token', 'account.jwt.canary'];
const search = (...words: string[]): Promise<number> =>
  run(['search', ...words, ...parties, ...drawn, '--fresh'], io);

describe('sotto search', () => {
  test('prints a table on standard output', async () => {
    world.gateway.service = () =>
      found({
        results: [sticker('1', 'cat'), { ...sticker('2', 'grinning cat'), matched: 'smile' }],
        next: null,
      });
    expect(await search('happy cat')).toBe(0);
    expect(io.lines).toEqual([
      '    NAME          PACK  MATCHED',
      '🐱  cat           core',
      '🐱  grinning cat  core  smile',
    ]);
    expect(io.errors).toEqual([]);
  });

  test('--json: prints one result per line and nothing else', async () => {
    world.gateway.service = () =>
      found({ results: [sticker('1', 'cat'), sticker('2', 'dog')], next: 'cursor' });
    expect(await search('cat', '--json')).toBe(0);
    expect(io.lines.map((line) => (JSON.parse(line) as { name: string }).name)).toEqual(['cat', 'dog']);
    expect(io.errors).toEqual(['sotto: there are more results: --cursor cursor']);
  });

  test('words need no quotes', async () => {
    expect(await search('happy', 'cat', '--limit', '3', 'face')).toBe(0);
    expect(new TextDecoder().decode(world.gateway.seen[0]?.content)).toContain('"q":"happy cat face"');
  });

  test('N38 --locale en_US: is normalized before a token is used', async () => {
    expect(await search('cat', '--locale', 'en_US')).toBe(0);
    expect(new TextDecoder().decode(world.gateway.seen[0]?.content)).toContain('"locale":"en-US"');
  });

  test('an option that the service would refuse: status 2, and nothing is sent', async () => {
    expect(await search('cat', '--limit', '49')).toBe(2);
    expect(io.errors.join()).toContain('Option limit must be a whole number from 1 to 48');
    expect(io.asked).toEqual([]);
  });

  test('colours on a terminal only', async () => {
    expect(await search('cat')).toBe(0);
    expect(io.lines.join('')).not.toContain('\u001b');
    io.colors = true;
    expect(await search('cat')).toBe(0);
    expect(io.lines.join('')).toContain('\u001b[1m');
  });

  test('options reach the service, and the query reaches no other party', async () => {
    expect(await search('happy cat', '--locale', 'en', '--limit', '3', '--cursor', 'c')).toBe(0);
    const [request] = world.gateway.seen;
    expect(JSON.parse(new TextDecoder().decode(request?.content))).toEqual({
      q: 'happy cat',
      locale: 'en',
      limit: 3,
      cursor: 'c',
      art: 'bytes',
    });
    expect(io.asked.map(({ url }) => url).join()).not.toContain('happy');
  });

  test('control characters of the service are not printed', async () => {
    world.gateway.service = () => found({ results: [sticker('1', 'evil\u001b[2J\u202ename\r')], next: null });
    expect(await search('cat')).toBe(0);
    expect(io.said).not.toMatch(/[\u001b\r\u202e]/); // eslint-disable-line no-control-regex
  });

  test('--save: writes the artwork under safe file names', async () => {
    const art = { type: 'image/webp', data: Buffer.from('webp').toString('base64') };
    world.gateway.service = () =>
      found({ results: [sticker('../../etc/x', 'cat'), { ...sticker('2', 'dog'), art }], next: null });
    expect(await search('cat', '--save', 'out')).toBe(0);
    expect((await readdir(path.join(folder, 'out'))).toSorted()).toEqual(['2.webp', '_etc_x.svg']);
    expect(await readFile(path.join(folder, 'out', '2.webp'), 'utf8')).toBe('webp');
    expect(await readFile(path.join(folder, 'out', '_etc_x.svg'), 'utf8')).toMatch(/^<svg /);
  });

  test('--save: an unusable folder fails before anything is sent', async () => {
    await writeFile(path.join(folder, 'a-file'), '');
    expect(await search('cat', '--save', 'a-file')).toBe(1);
    expect(io.errors).toEqual([
      `sotto: Cannot write into ${path.join(folder, 'a-file')} (EEXIST). Choose another folder.`,
    ]);
    expect([io.lines, io.asked]).toEqual([[], []]);
  });

  test('the second search uses the stored wallet and requests no tokens', async () => {
    expect(await run(['search', 'cat', ...parties, ...account, '--fresh'], io)).toBe(0);
    const before = io.asked.length;
    expect(await run(['search', 'dog', ...parties, '--fresh'], io)).toBe(0);
    expect(io.asked.slice(before).map(({ url }) => url)).toEqual([ENVELOPE]);
    expect(
      (await readdir(path.join(folder, 'sotto'))).filter((name) => name.endsWith('.wallet')),
    ).toHaveLength(1);
  });

  test('without --fresh new tokens rest: status 1, with the time and the option', async () => {
    expect(await run(['search', 'cat', ...parties, ...drawn], io)).toBe(1);
    expect(io.lines).toEqual([]);
    expect(io.errors.join()).toMatch(/too new.*--fresh.*until .*Z.*\[tokens-resting\]/);
  });

  test('a lost response: status 3 and a --retry that uses the same token', async () => {
    io.routes[ENVELOPE] = () => Promise.reject(new TypeError('fetch failed'));
    expect(await search('cat')).toBe(3);
    const id = /--retry (\S+)/.exec(io.said)?.[1] ?? '';
    expect(id).not.toBe('');
    delete io.routes[ENVELOPE];
    expect(await search('dog', '--retry', id)).toBe(1);
    expect(io.said).toContain('[attempt-over]');
    expect(await search('cat', '--retry', id)).toBe(0);
  });

  test('no results: status 4 and a message', async () => {
    world.gateway.service = () => found({ results: [], next: null });
    expect(await search('qqq')).toBe(4);
    expect(io.errors).toEqual(['sotto: no stickers found']);
  });

  test('the account token may come from the environment; without one the message says so', async () => {
    expect(await run(['search', 'cat', ...parties], io)).toBe(1);
    expect(io.said).toContain('SOTTO_ACCOUNT_TOKEN');
    io.env['SOTTO_ACCOUNT_TOKEN'] = 'from.the.environment';
    expect(await run(['search', 'cat', ...parties, '--fresh', '--wallet', 'other.wallet'], io)).toBe(0);
    const request = io.asked.findLast(({ url }) => url.endsWith('/token-request'));
    expect(request?.init.headers).toMatchObject({ authorization: 'Bearer from.the.environment' });
  });
});

test.each([
  [['search', ''], 'sotto search: a query is missing'],
  [['explain', ' '], 'sotto explain: a query is missing'],
  [['search', 'cat', '--relay', 'nonsense'], '--relay nonsense is not an https URL'],
  [['search', 'cat', '--relay', 'http://relay.example'], '--relay http://relay.example is not an https URL'],
  [
    ['search', 'cat', '--issuer', 'ftp://issuer.example'],
    '--issuer ftp://issuer.example is not an https URL',
  ],
  [['search', 'cat', '--root', 'AAAA'], '--root must be 32 bytes in base64url'],
  [['quota', 'show', '--account', ''], '--account is missing'],
  [['keys', 'list', 'all'], 'unexpected argument "all"'],
  [['fetch'], 'name a URL'],
  [['fetch', 'http://stickers/x'], 'name a URL'],
])('sotto %j: status 2 and the reason', async (words, said) => {
  const rest = words.includes('--relay') || words.includes('--issuer') || words.includes('--root');
  const others = rest ? parties.filter((_, i) => !words.includes(parties[i - (i % 2)] ?? '')) : [];
  expect(await run([...words, ...others], io)).toBe(2);
  expect(io.errors.join('\n')).toContain(said);
  expect([io.lines, io.asked]).toEqual([[], []]);
});

const party = (title: string, value: string) => ({
  title,
  sentence: `${title} is here.`,
  saw: [{ label: 'It saw', value }],
  never: ['the rest'],
});

describe('local suite', () => {
  test('is the default, on the PORT of the environment', async () => {
    localRoutes(io, base64url(world.root));
    expect(await run(['search', 'cat', ...drawn], io)).toBe(0);
    expect(io.lines).toHaveLength(2);
    io.env['PORT'] = '9000';
    expect(await run(['search', 'cat'], io)).toBe(3);
    expect(io.errors.join()).toContain('http://127.0.0.1:9004');
    for (const port of ['abc', '0', '65532', '99999', '-1']) {
      io.env['PORT'] = port;
      expect(await run(['search', 'cat'], io)).toBe(2);
      expect(io.errors.at(-1)).toContain('PORT must be a number from 1 to 65530');
    }
  });

  test('explain: prints the messages of each party side by side', async () => {
    localRoutes(io, base64url(world.root));
    io.routes['http://127.0.0.1:8805/local/taps'] = () =>
      Response.json({
        sequence: 3,
        relay: party('Relay', '203.0.113.7'),
        gateway: party('Gateway', 'a\u001bb'),
      });
    expect(await run(['explain', 'happy cat', '--wallet', 'fresh'], io)).toBe(0);
    const request = io.asked.find(({ url }) => url.endsWith('/token-request'));
    expect(request?.init.headers).toMatchObject({ authorization: 'Bearer local.jwt' });
    expect(io.lines[0]).toBe('You searched for "happy cat" and found 1 sticker.');
    const titles = io.lines.find((line) => line.includes('RELAY'));
    expect(titles).toMatch(/^RELAY {2,}GATEWAY$/);
    const shown = io.lines.find((line) => line.includes('203.0.113.7'));
    expect(shown).toMatch(/203\.0\.113\.7 {2,}a\ufffdb/);
    expect(io.lines.every((line) => line.length <= 100)).toBe(true);

    io.lines.length = 0;
    io.columns = 40;
    expect(await run(['explain', 'happy cat', ...drawn], io)).toBe(0);
    expect(io.lines.every((line) => line.length <= 50)).toBe(true);
    expect(io.lines).toContain('RELAY');
  });
});
