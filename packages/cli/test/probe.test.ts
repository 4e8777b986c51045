import { plainIo } from './support/io.ts';
import { describe, expect, test } from 'vitest';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { utf8 } from '@sotto/wire';
import { probe } from '../src/commands/probe.ts';
import { ROWS } from '../src/probe/rows.ts';
import { GATEWAY, deployment, NOW, RELAY, type Faults } from './support/deployment.ts';
import { ALL, GATEWAY_ALONE, OPEN, printed, probed, type Said } from './support/probed.ts';

const order = ROWS.map(({ id }) => id);
const byOrder = (a: string, b: string): number => order.indexOf(a) - order.indexOf(b);
const MOST = 220; // requests of all rows

test('probe: an honest deployment passes every row, with a bounded number of requests', async () => {
  const { status, said, failed, unsaid, requests } = await probed({});
  expect({ status, failed, unsaid }).toEqual({ status: 0, failed: [], unsaid: [] });
  expect(said.map(({ id }) => id)).toEqual(ROWS.map(({ id }) => id));
  expect(said.map(({ class: needs }) => needs)).toEqual(
    said.map(({ class: needs }) => needs).toSorted((a, b) => a - b),
  );
  expect(requests).toBeLessThanOrEqual(MOST);
});

test('probe --json: each line has the same members', async () => {
  const { said } = await probed({});
  for (const row of said)
    expect(Object.keys(row)).toEqual(['id', 'class', 'level', 'result', 'what', 'detail']);
});

test('probe --max-requests: no more are sent, and the other rows cannot tell', async () => {
  const { requests, unsaid, failed, said } = await probed({}, [...ALL, '--max-requests', '30']);
  expect({ requests, failed }).toEqual({ requests: 30, failed: [] });
  expect(unsaid.length).toBeGreaterThan(30);
  expect(said.at(-1)?.detail).toBe('the limit of 30 requests is reached');
});

test('probe --rate: sends this many requests per second', async () => {
  const pauses: number[] = [];
  const { fetch, requests } = await deployment({});
  const sleep = async (seconds: number): Promise<void> => void pauses.push(seconds);
  const argv = [...ALL, '--rate', '8', '--section', '9458/5'];
  await probe(argv, plainIo(fetch, []), { now: () => NOW, sleep });
  expect(pauses).toEqual(Array.from({ length: requests() }, () => 1 / 8));
});

test('probe --section: only the rows of a document, a section or one row', async () => {
  const ids = async (...sections: string[]): Promise<string[]> =>
    (await probed({}, [...ALL, ...sections.flatMap((section) => ['--section', section])])).said.map(
      ({ id }) => id,
    );
  expect(await ids('9458/5.3')).toEqual(['9458/5.3/1']);
  expect(await ids('9458/6.2')).toEqual(['9458/6.2/1', '9458/6.2/2']); // not 9458/6.2.1
  expect((await ids('9292')).length).toBe(7);
  expect(await ids('http/1', '9540')).toEqual(['http/1', '9540/6/1']);
  await expect(ids('9458/99')).rejects.toThrow('--section 9458/99 has no row');
});

test('probe --list: prints every row and sends nothing', async () => {
  const lines: string[] = [];
  const none: typeof fetch = () => Promise.reject(new Error('nothing may be sent'));
  expect(await probe(['--list'], plainIo(none, lines))).toBe(0);
  expect(lines).toHaveLength(ROWS.length);
  expect(lines[0]).toMatch(/^9458\/5\/1 +class 0 +expected +methods other than POST/);
  lines.length = 0;
  expect(await probe(['--list', '--json', '--section', '9292/4'], plainIo(none, lines))).toBe(0);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      id: '9292/4/1',
      class: 1,
      level: 'MUST NOT',
      what: 'a message that is no Binary HTTP request is refused inside',
    },
  ]);
});

test('probe --junit: writes failures, skipped rows and a count', async () => {
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'probe-')), 'found.xml');
  const { status } = await probed({ remembersEnvelopes: false }, [
    '--relay',
    RELAY,
    '--section',
    '9458/6.5',
    '--section',
    '9292/3',
    '--junit',
    file,
  ]);
  expect(status).toBe(1);
  const xml = await readFile(file, 'utf8');
  expect(xml).toContain('<testsuite name="sotto probe" tests="2" failures="1" skipped="1">');
  expect(xml).toContain(
    '<testcase classname="sotto.probe.class1" name="9458/6.5/1 expected: a repeated envelope is refused"><failure message="inner 200"/>',
  );
  expect(xml).toContain('<skipped message="no --target"/>');
});

test('probe: reports another root’s bundle, and cannot tell without --root', async () => {
  const other = Buffer.from(new Uint8Array(32).fill(9)).toString('base64url');
  expect((await probed({}, ['--relay', RELAY, '--root', other])).failed).toEqual(['sotto/bundle/2']);
  const { status, failed, unsaid } = await probed({}, ['--relay', RELAY]);
  expect({ status, failed, unsaid }).toEqual({
    status: 0,
    failed: [],
    unsaid: [
      '9540/6/1',
      '9458/3.2/1',
      '9458/7/1',
      'sotto/bundle/2',
      'sotto/bundle/3',
      'sotto/credential/1',
      'sotto/provider/1',
      ...ROWS.filter((row) => row.class === 2).map(({ id }) => id),
    ].toSorted(byOrder),
  });
});

test('probe: leak rows cannot tell when the metadata route is off', async () => {
  const { status, unsaid } = await probed({
    metadata: false,
    passesOn: () => ({ 'x-forwarded-for': '203.0.113.9' }),
  });
  expect({ status, unsaid }).toEqual({
    status: 0,
    unsaid: ['9458/6.2/1', '9458/6.2/2', '9458/6.2.1/1'],
  });
});

const adds = (value: string): Faults => ({ passesOn: () => ({ 'cf-connecting-ip': value }) });

test('probe --egress: the named value is no leak, another value is', async () => {
  const egress = [...ALL, '--egress', 'cf-connecting-ip=2a06:98c0:3600::103'];
  expect((await probed(adds('2a06:98c0:3600::103'), egress)).failed).toEqual([]);
  expect((await probed(adds('203.0.113.9'), egress)).failed).toEqual(['9458/6.2/2']);
  expect((await probed(adds('2a06:98c0:3600::103'))).failed).toEqual(['9458/6.2/2']);
});

test("probe: a relay without a bundle is probed with its gateway's keys", async () => {
  const foreign: Faults = {
    relay: async (request, honest) => {
      const { pathname } = new URL(request.url);
      if (pathname !== '/') return new Response(null, { status: 404 });
      const { method, headers } = request;
      const body = method === 'POST' ? { body: new Uint8Array(await request.arrayBuffer()) } : {};
      void honest;
      return inner.fetch(`${RELAY}/ohttp`, { method, headers, ...body });
    },
  };
  const inner = await deployment({ metadata: false });
  const outside = await deployment(foreign);
  const lines: string[] = [];
  const either: typeof fetch = async (input, init) =>
    new Request(input).url.startsWith(GATEWAY) ? inner.fetch(input, init) : outside.fetch(input, init);
  const io = plainIo(either, lines);
  const given = { now: () => NOW, sleep: async () => {} };
  expect(await probe(['--relay', RELAY, '--gateway', GATEWAY, '--json'], io, given)).toBe(0);
  const said = lines.map((line) => JSON.parse(line) as Said);
  const passed = said.filter(({ result }) => result === 'pass').map(({ id }) => id);
  for (const id of [
    '9458/5/1',
    '9458/5/2',
    'http/3',
    '9458/4.3/1',
    '9458/5.3/1',
    '9458/5.2/3',
    'length/1',
    '9458/7/1',
  ])
    expect(passed).toContain(id);
});

test('probe: waits once after a 429, and then cannot tell', async () => {
  let asked = 0;
  const busy: Faults = {
    relay: (_request, honest) =>
      asked++ === 20 ? new Response(null, { status: 429, headers: { 'retry-after': '7' } }) : honest(),
  };
  const { status, waits } = await probed(busy);
  expect({ status, waits }).toEqual({ status: 0, waits: [7] });
  let after = 0;
  const always: Faults = {
    relay: (_request, honest) => (after++ > 30 ? new Response(null, { status: 429 }) : honest()),
  };
  const { failed, unsaid } = await probed(always);
  expect(failed).toEqual([]);
  expect(unsaid.length).toBeGreaterThan(5);
});

test('probe --root: accepts a key that begins with a dash', async () => {
  const { failed } = await probed({}, ['--relay', RELAY, '--root', `-${'A'.repeat(42)}`]);
  expect(failed).toEqual(['sotto/bundle/2']);
  await expect(probed({}, ['--relay', RELAY, '--root'])).rejects.toThrow('--root needs a value');
});

test('probe: no response is status 3, wrong usage names the option', async () => {
  const dead: Faults = { relay: () => Promise.reject(new Error('refused')) };
  await expect(probed(dead)).rejects.toMatchObject({
    status: 3,
    message: expect.stringContaining('no response from https://relay.example') as string,
  });
  await expect(probed({}, ['--relay', 'http://relay.example'])).rejects.toThrow('not an https URL');
  await expect(probed({}, [...ALL, '--root', 'x'])).rejects.toThrow('--root must be 32 bytes');
  await expect(probed({}, [...ALL, '--egress', 'x'])).rejects.toThrow('--egress must be NAME=VALUE');
});

test('probe: the table has one line per row and no escape sequences of the deployment', async () => {
  const hostile: Faults = { passesOn: () => ({ 'x-evil': utf8('\u001b[2J').join() }) };
  const { status, lines } = await printed(hostile, ALL);
  expect(status).toBe(1);
  expect(lines).toHaveLength(ROWS.length);
  expect(lines.find((line) => line.startsWith('9458/6.2/1 '))).toMatch(
    /^9458\/6\.2\/1 +FAIL +SHOULD NOT +no header of a client .* unexpected: x-evil$/,
  );
});

describe('probe: a gateway alone', () => {
  test('passes, without the rows of relays', async () => {
    const { status, said, failed, unsaid } = await probed(OPEN, GATEWAY_ALONE);
    expect({ status, failed, unsaid }).toEqual({ status: 0, failed: [], unsaid: [] });
    expect(said.map(({ id }) => id)).toEqual(
      ROWS.filter(({ relayOnly }) => relayOnly !== true).map(({ id }) => id),
    );
  });

  test('without its credential nothing opens; --header sends it', async () => {
    const rows = ['--section', '9458/5.2/3', '--section', '9458/4.4'];
    expect(await probed({}, [...GATEWAY_ALONE, ...rows])).toMatchObject({
      status: 1,
      failed: ['9458/5.2/3'],
    });
    const given = [...GATEWAY_ALONE, ...rows, '--header', 'authorization=Bearer the-credential'];
    expect(await probed({}, given)).toMatchObject({ status: 0, failed: [], unsaid: [] });
  });

  test('a SHOULD or a rule of privacy that fails is a warning, with --strict a failure; a MAY never', async () => {
    const keeps: Faults = { ...OPEN, remembersEnvelopes: false };
    const loose: Faults = {
      ...keeps,
      gateway: async (request, honest) => {
        request.headers.set('authorization', 'Bearer the-credential');
        const { body, status } = await honest();
        const type = request.method === 'GET' ? 'application/ohttp-keys' : 'message/ohttp-res';
        return new Response(body, { status, headers: { 'content-type': type } });
      },
    };
    const rows = ['--section', 'http/2', '--section', '9458/6.5', '--section', '9458/5.3'];
    const lenient = await probed(loose, [...GATEWAY_ALONE, ...rows]);
    expect(lenient).toMatchObject({ status: 0, failed: [] }); // a warning alone is no failure
    expect(lenient.said.map(({ id, result }) => [id, result])).toEqual([
      ['http/2', 'warn'],
      ['9458/5.3/1', 'info'],
      ['9458/6.5/1', 'warn'],
    ]);
    const strict = await probed(loose, [...GATEWAY_ALONE, ...rows, '--strict']);
    expect(strict).toMatchObject({ status: 1, failed: ['http/2', '9458/6.5/1'] });
  });

  test('--keys: a file or a URL instead of the gateway’s own', async () => {
    const file = path.join(await mkdtemp(path.join(tmpdir(), 'probe-')), 'keys');
    const { fetch } = await deployment(OPEN);
    const served = await fetch(`${GATEWAY}/.well-known/ohttp-gateway`);
    await writeFile(file, new Uint8Array(await served.arrayBuffer()));
    const lines: string[] = [];
    const ports = { now: () => NOW, sleep: async () => {} };
    const rows = ['--section', '9458/3.2', '--section', '9458/4.4', '--json'];
    expect(await probe([...GATEWAY_ALONE, '--keys', file, ...rows], plainIo(fetch, lines), ports)).toBe(0);
    expect(lines.filter((line) => line.includes('"pass"'))).toHaveLength(3);
    await expect(probed({}, [...GATEWAY_ALONE, '--keys', '/nowhere/keys'])).rejects.toThrow(
      'no file that can be read',
    );
    await expect(probed({}, [...GATEWAY_ALONE.slice(0, 2), '--target', 'x'])).rejects.toThrow(
      'no http or https URL',
    );
  });
});
