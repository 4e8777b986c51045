import { expect, test } from 'vitest';
import { directoryAt, NOW, type Faults } from './support/deployment.ts';
import { probed } from './support/probed.ts';

/** A fault, and the rows that must fail of it: these and no others. */
const CAUGHT: readonly (readonly [string, Faults, readonly string[]])[] = [
  ['a relay that adds X-Forwarded-For', { passesOn: () => ({ 'x-forwarded-for': '203.0.113.9' }) }, ['L13']],
  [
    'a relay that passes User-Agent on',
    { passesOn: (h) => ({ 'user-agent': h.get('user-agent') ?? '' }) },
    ['R08', 'P02'],
  ],
  [
    "a relay that passes a client's address header on",
    { passesOn: (h) => ({ 'x-real-ip': h.get('x-real-ip') ?? '203.0.113.9' }) },
    ['R08', 'L13', 'P02'],
  ],
  [
    'a relay that copies a cookie under another name',
    { passesOn: (h) => ({ 'x-session': h.get('cookie') ?? '' }) },
    ['R08', 'P02'],
  ],
  ['a relay that adds a header of its own', { passesOn: () => ({ 'x-relay-version': '7' }) }, ['R08']],
  ['a bundle that varies by visitor', { bundle: (n) => ({ directory: directoryAt(`/${n}`) }) }, ['L7']],
  [
    'a bundle of an older epoch between',
    { bundle: (n) => ({ sequence: NOW / 86_400 - (n === 5 ? 1 : 0) }) },
    ['L7'],
  ],
  [
    'a gateway whose answers vary in length',
    { responseLength: (request) => ((request?.path.length ?? 0) > 9 ? 4096 : 2048) },
    ['L1'],
  ],
  ['a gateway with one length, but not the one it says', { responseLength: () => 2048 }, ['L1']],
  ['a gateway that answers a replay again', { remembersEnvelopes: false }, ['G09']],
  [
    'a gateway that asks any host',
    { inner: (r, honest) => (r?.authority === 'probe.invalid' ? { status: 200, content: '' } : honest) },
    ['B21'],
  ],
  [
    'a gateway that takes Expect',
    { inner: (_r, honest) => (honest.status === 417 ? { status: 200, content: '' } : honest) },
    ['B14'],
  ],
  [
    'a gateway that needs no Date',
    { inner: (_r, honest) => (honest.content === 'date' ? { status: 200, content: '' } : honest) },
    ['G13'],
  ],
  [
    'a gateway that cannot say that a key is gone',
    {
      outer: (code, honest) =>
        code === 'unknown-key-id' ? new Response('no', { status: 400, headers: honest.headers }) : honest,
    },
    ['G04'],
  ],
  [
    'a gateway that fails on what it cannot open',
    {
      outer: (code, honest) => (code === 'open-failed' ? new Response('at open()', { status: 500 }) : honest),
    },
    ['G01', 'G02', 'G03'],
  ],
  [
    'a gateway that takes anybody',
    {
      gateway: (request, honest) => {
        request.headers.set('authorization', 'Bearer the-credential');
        return honest();
      },
    },
    ['G30'],
  ],
  [
    'a gateway that shows each visitor other keys',
    {
      gateway: async (request, honest) => {
        if (request.method !== 'GET') return honest();
        const body = new Uint8Array(await (await honest()).arrayBuffer());
        body[10] = Number.parseInt(request.headers.get('user-agent')?.slice(6, 8) ?? '0', 16);
        return new Response(body, { headers: { 'content-type': 'application/ohttp-keys' } });
      },
    },
    ['G29'],
  ],
];

test.each(CAUGHT)('probe: reports %s', async (_what, faults, rows) => {
  const { status, failed } = await probed(faults);
  expect(status).toBe(1);
  expect(failed.toSorted()).toEqual([...rows].toSorted());
});

const withHeader = (path: string, name: string, value: string): Faults => ({
  relay: async (request, honest) => {
    const { status, headers, body } = await honest();
    const changed = new Headers(headers);
    if (new URL(request.url).pathname === path) changed.set(name, value);
    return new Response(body, { status, headers: changed });
  },
});

const answering = (method: string, status: number): Faults => ({
  relay: (request, honest) => (request.method === method ? new Response(null, { status }) : honest()),
});

const echoing: Faults = {
  relay: async (request, honest) => {
    const answer = await honest();
    if (answer.status < 400) return answer;
    return new Response(`no, ${request.headers.get('user-agent')}`, {
      status: answer.status,
      headers: answer.headers,
    });
  },
};

test.each([
  ['an ETag on the bundle', withHeader('/bundle', 'etag', '"1"'), ['L10']],
  ['a cookie on an answer', withHeader('/ohttp', 'set-cookie', 'id=1'), ['R01-preflight', 'R14', 'R16']],
  ['a sealed answer that may be stored', withHeader('/ohttp', 'cache-control', 'public'), ['R14', 'R16']],
  ['an answer that varies', withHeader('/ohttp', 'vary', 'origin'), ['R01-preflight', 'R14', 'R16']],
  ['a relay that takes PUT', answering('PUT', 200), ['R01']],
  ['a relay that echoes', echoing, ['G04', 'R16']],
])('probe: reports %s', async (_what, faults, rows) => {
  const { status, failed } = await probed(faults);
  expect(status).toBe(1);
  expect(failed.toSorted()).toEqual([...rows].toSorted());
});

test('probe: reports a relay that forwards any type, path and length', async () => {
  const open: Faults = {
    relay: async (_request, honest) => {
      const answer = await honest();
      return answer.status === 404 || answer.status === 415 || answer.status === 400
        ? new Response('ok')
        : answer;
    },
  };
  const { failed } = await probed(open);
  for (const id of ['R02', 'R03', 'R07']) expect(failed).toContain(id);
});
