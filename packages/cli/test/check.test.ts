import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { tomlVariables } from '../src/check/toml.ts';
import { check } from '../src/commands/check.ts';
import { run } from '../src/run.ts';
import { io, problem, ports, lines, file, edit, append, useCheckedFolders } from './support/checked.ts';

useCheckedFolders();

test('check: what init wrote, with its services running, has no fault', async () => {
  expect(await check(['--config', 'b'], io, ports)).toBe(0);
  expect(lines('FAIL')).toEqual([]);
  expect(lines('cannot tell')).toEqual([]);
  expect(lines('pass').length).toBeGreaterThan(15);
});

test('check: before the services run, no check fails and the rest cannot tell', async () => {
  for (const url of Object.keys(io.routes)) delete io.routes[url];
  const unreachable = {
    ...ports,
    certificateEnd: () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })),
  };
  expect(await check(['--config', 'b'], io, unreachable)).toBe(0);
  expect(lines('FAIL')).toEqual([]);
  expect(lines('cannot tell').length).toBeGreaterThan(5);
});

describe('check: faults in the folder', () => {
  test.each<[string, () => void, string]>([
    [
      'a misspelt variable',
      append('b/gateway.env', 'EPOCH_SECOND=5'),
      'EPOCH_SECOND is not a variable of the gateway (did you mean EPOCH_SECONDS?)',
    ],
    [
      'a variable of another service',
      append('b/stickers.env', 'STORE=x'),
      'STORE is not a variable of the stickers',
    ],
    [
      'a number out of range',
      append('b/gateway.env', 'DRAIN_MS=5'),
      'DRAIN_MS must be a whole number from 10 to 60000 (milliseconds)',
    ],
    [
      'a number in words',
      append('b/issuer.env', 'MAX_IN_FLIGHT=many'),
      'MAX_IN_FLIGHT must be a whole number',
    ],
    ['a flag', append('b/gateway.env', 'METADATA=yes'), 'METADATA must be true or false'],
    ['JSON', () => writeFileSync(file('b/gateway/SERVICES'), '[{'), 'SERVICES must be JSON'],
    [
      'a short key',
      () => writeFileSync(file('b/issuer/ACCOUNT_KEY'), 'c2hvcnQ'),
      'ACCOUNT_KEY must be 32 random bytes',
    ],
    [
      'a constant key',
      () => writeFileSync(file('b/issuer/KEY_WRAPPING_KEY'), 'A'.repeat(43)),
      'KEY_WRAPPING_KEY must be 32 random bytes',
    ],
    [
      'a short credential',
      () => writeFileSync(file('b/gateway/RELAY_TOKEN'), 'short'),
      'RELAY_TOKEN must be one token of 16',
    ],
    [
      'three credentials',
      () =>
        writeFileSync(file('b/issuer/INTERNAL_TOKEN'), ['a', 'b', 'c'].map((c) => c.repeat(20)).join(' ')),
      'INTERNAL_TOKEN must be one token',
    ],
    ['a missing secret', () => rmSync(file('b/issuer/ACCOUNT_KEY')), 'ACCOUNT_KEY is missing'],
    [
      'a secret that others read',
      () => chmodSync(file('b/gateway/KEY_WRAPPING_KEY'), 0o644),
      'chmod 600 gateway/KEY_WRAPPING_KEY',
    ],
    [
      'a secret in the environment',
      append('b/gateway.env', `KEY_WRAPPING_KEY_PREVIOUS=${'abcdefgh'.repeat(5)}abc`),
      'set KEY_WRAPPING_KEY_PREVIOUS_FILE',
    ],
    [
      'other epochs',
      () => edit('b/issuer.env', (text) => text.replace('86400', '3600')),
      'EPOCH_SECONDS differs between gateway and issuer',
    ],
    [
      'another root',
      () => edit('b/client.json', (text) => text.replace(/"root": "[\w-]{4}/, '"root": "AAAA')),
      'ROOT of the gateway differs',
    ],
    [
      'another internal token',
      () => writeFileSync(file('b/gateway/ISSUER_TOKEN'), 'x'.repeat(30)),
      'ISSUER_TOKEN of the gateway is not the INTERNAL_TOKEN',
    ],
    [
      'another internal port',
      () => edit('b/gateway.env', (text) => text.replace(':8805', ':9999')),
      'does not name the INTERNAL_PORT',
    ],
    [
      'one wrapping key for both',
      () =>
        writeFileSync(file('b/issuer/KEY_WRAPPING_KEY'), readFileSync(file('b/gateway/KEY_WRAPPING_KEY'))),
      'KEY_WRAPPING_KEY is the same',
    ],
    [
      'a service without tokens at the issuer',
      () => edit('b/issuer/SERVICES', (text) => text.replace('stickers', 'gifs')),
      'the issuer issues none',
    ],
    [
      'a token type that is not issued',
      () => edit('b/gateway/SERVICES', (text) => text.replace('"type":5', '"type":1')),
      'tokens of type 1',
    ],
    ['refills without vouchers', () => rmSync(file('b/issuer/VOUCHERS')), 'the issuer has no VOUCHERS'],
    [
      'one port for two',
      () => edit('b/issuer.env', (text) => text.replace('PORT=8803', 'PORT=8802')),
      'which is also PORT of the gateway',
    ],
    ['a release that is not there', () => rmSync(file('release/issuer.mjs')), 'issuer.mjs is missing'],
    [
      'another release',
      () =>
        edit('release/components.cdx.json', (text) =>
          text.replace(/"version": "[^"]+"/, '"version": "9.9.9"'),
        ),
      'is version 9.9.9',
    ],
  ])('%s', async (_name, breakIt, message) => {
    breakIt();
    expect(await check(['--config', 'b'], io, ports)).toBe(1);
    expect(lines('FAIL').join('\n')).toContain(message);
    expect(io.said).not.toContain(readFileSync(file('b/operator.token'), 'utf8').trim());
  });

  test('an old Node', async () => {
    expect(await check(['--config', 'b'], io, { ...ports, nodeVersion: '22.15.1' })).toBe(1);
    expect(lines('FAIL').join()).toContain('need Node 22.16 or newer');
    expect(await check(['--config', 'a'], io, { ...ports, nodeVersion: '20.20.2' })).toBe(0); // a relay needs no SQLite
    expect(lines('FAIL').join()).not.toContain('20.20.2');
  });
});

test('check: reads the folder of a Worker', async () => {
  const invite = ['--invite', 'b/invite.json', '--relay', 'https://relay.a.test'];
  expect(await run(['init', 'a', 'w', ...invite, '--on', 'workers', '--release', file('release')], io)).toBe(
    0,
  );
  writeFileSync(file('release/workers/relay/index.js'), '');
  io.routes['https://relay.a.test/bundle'] = problem(503, 'about:blank');
  edit('w/wrangler.toml', (text) => `${text}BUNDLE_SECOND = "600"\n`);
  expect(await check(['--config', 'w'], io, ports)).toBe(1);
  expect(lines('FAIL')[0]).toContain(
    'BUNDLE_SECOND is not a variable of the relay (did you mean BUNDLE_SECONDS?)',
  );
});

describe('check: providers of relay and gateway', () => {
  const TITLE = 'the gateway https://gateway.b.test is at another provider than the relay';
  const bundleOf = (provider: string | null) => (): Response =>
    new Response('bundle', { headers: provider === null ? {} : { 'sotto-provider': provider } });
  const result = async (): Promise<string> => {
    await check(['--config', 'a'], io, ports);
    return io.lines.find((line) => line.includes(TITLE)) ?? '';
  };

  test.each<[string, string | null, RegExp]>([
    ['PROVIDER=ovh', 'hetzner', /^pass .*hetzner, and ovh/],
    ['PROVIDER=hetzner', 'hetzner', /^FAIL .*both are at hetzner.*set ALLOW_ONE_PROVIDER=true/],
    ['PROVIDER=hetzner', 'Hetzner', /^FAIL /],
    ['PROVIDER=hetzner\nALLOW_ONE_PROVIDER=true', 'hetzner', /^warning .*tell your users/],
    ['PROVIDER=hetzner', null, /^cannot tell .*does not name its provider/],
  ])('%s and a gateway at %s', async (own, theirs, expected) => {
    edit('a/relay.env', (text) => text.replace(/^PROVIDER=.*$/m, own));
    io.routes['https://gateway.b.test/bundle'] = bundleOf(theirs);
    expect(await result()).toMatch(expected);
  });

  test.each(['PROVIDER=', 'PROVIDER=Hetzner', 'PROVIDER=a b', 'PROVIDER= hetzner'])(
    '%s is a fault',
    async (line) => {
      for (const name of ['a/relay.env', 'b/gateway.env'])
        edit(name, (text) => text.replace(/^PROVIDER=.*$/m, line));
      for (const folder of ['a', 'b']) {
        io.lines.length = 0;
        expect(await check(['--config', folder], io, ports)).toBe(1);
        expect(lines('FAIL').join('\n')).toMatch(/PROVIDER (is missing|must be one name)/);
      }
    },
  );
});

test('check: a folder without services, and no folder, are wrong usage', async () => {
  mkdirSync(file('empty'));
  writeFileSync(file('empty/client.json'), '{}');
  expect(await run(['check', '--config', 'empty'], io)).toBe(2);
  expect(await run(['check'], io)).toBe(2);
});

test('toml: variables of one Worker, in every kind of quotes', () => {
  const text = `[env.a.vars]\nONE = "x \\"y\\""\nTWO = '{"a":1}'\nTHREE = '''\n[1,\n2]'''\n\n[env.b.vars]\nONE = "other"\n`;
  expect(tomlVariables(text, 'a')).toEqual([
    ['ONE', 'x "y"'],
    ['TWO', '{"a":1}'],
    ['THREE', '[1,\n2]'],
  ]);
  expect(tomlVariables(text, 'b')).toEqual([['ONE', 'other']]);
  expect(tomlVariables(text, 'c')).toEqual([]);
});
