import { plainIo } from './support/io.ts';
import { expect, test } from 'vitest';
import { utf8 } from '@sotto/wire';
import { probe } from '../src/commands/probe.ts';
import { GATEWAY, deployment, NOW, RELAY, type Faults } from './support/deployment.ts';
import { ALL, printed, probed, type Said } from './support/probed.ts';

test('probe: an honest deployment passes every row with at most sixty requests', async () => {
  const { status, said, failed, unsaid, requests } = await probed({});
  expect({ status, failed, unsaid }).toEqual({ status: 0, failed: [], unsaid: [] });
  expect(said.map(({ id }) => id)).toEqual([
    'HTTPS',
    'R01',
    'R01-preflight',
    'R02',
    'R03',
    'R07',
    'R14',
    'R16',
    'L10',
    'L7',
    'L7-signature',
    'G29',
    'G29-bundle',
    'G30',
    'G01',
    'G02',
    'G03',
    'G04',
    'G05',
    'G13',
    'B01',
    'B14',
    'B21',
    'L1',
    'R30',
    'R08',
    'L13',
    'P02',
    'G09',
  ]);
  expect(requests).toBeLessThanOrEqual(60 + 9); // nine to the gateway itself
});

test('probe --json: each line has id, result and detail', async () => {
  const { said } = await probed({});
  for (const row of said) expect(Object.keys(row)).toEqual(['id', 'result', 'detail']);
});

test('probe: reports another root’s bundle, and cannot tell without --root', async () => {
  const other = Buffer.from(new Uint8Array(32).fill(9)).toString('base64url');
  expect((await probed({}, ['--relay', RELAY, '--root', other])).failed).toEqual(['L7-signature']);
  const { status, failed, unsaid } = await probed({}, ['--relay', RELAY]);
  expect({ status, failed, unsaid }).toEqual({
    status: 0,
    failed: [],
    unsaid: ['L7-signature', 'G29', 'G29-bundle', 'G30'],
  });
});

test('probe: leak rows cannot tell when the metadata route is off', async () => {
  const { status, unsaid } = await probed({
    metadata: false,
    passesOn: () => ({ 'x-forwarded-for': '203.0.113.9' }),
  });
  expect({ status, unsaid }).toEqual({ status: 0, unsaid: ['R08', 'L13', 'P02', 'G09'] });
});

const adds = (value: string): Faults => ({ passesOn: () => ({ 'cf-connecting-ip': value }) });

test('probe --egress: the named value is no leak, another value is', async () => {
  const egress = [...ALL, '--egress', 'cf-connecting-ip=2a06:98c0:3600::103'];
  expect((await probed(adds('2a06:98c0:3600::103'), egress)).failed).toEqual([]);
  expect((await probed(adds('203.0.113.9'), egress)).failed).toEqual(['L13']);
  expect((await probed(adds('2a06:98c0:3600::103'))).failed).toEqual(['L13']);
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
  for (const id of ['R01', 'R02', 'R14', 'G01', 'G04', 'B21', 'L1', 'G29']) expect(passed).toContain(id);
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
  expect(failed).toEqual(['L7-signature']);
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
  expect(lines).toHaveLength(29);
  expect(lines.find((line) => line.startsWith('R08 '))).toMatch(
    /^R08 +FAIL +no header of a client .* unexpected: x-evil$/,
  );
});
