import { decodeKeyConfigs, encodeKeyConfigs, KEM, type KeyConfig } from '@sotto/ohttp';
import { concat, hex, uint, utf8, vector, type Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { ROWS } from '../src/probe/rows.ts';
import { directoryAt, ROOT, type Faults } from './support/deployment.ts';
import { BROKEN_GATEWAYS, SHARED_FAULTS } from './support/broken-gateways.ts';
import { ALL, probed } from './support/probed.ts';

const ENVELOPE = 7 + 32 + 1024 + 16; // bytes of an envelope to an X25519 key
const LOW_ORDER = /^(?:0[01]00|e0eb7a|5f9c95|e[cde]ffff)/;

const isNoise = (body: Bytes): boolean => body[0] === 0 && body.length >= 300;
const isLowOrder = (body: Bytes): boolean => LOW_ORDER.test(hex(body.subarray(7, 10)));
const failure = (): Response => new Response(null, { status: 500, headers: { 'cache-control': 'no-store' } });

/** A relay that responds otherwise to the requests that `when` picks by method and body. */
const relayThat = (
  when: (request: Request, body: Bytes) => boolean,
  then: (honest: Response, request: Request) => Response | Promise<Response>,
): Faults => ({
  relay: async (request, honest) => {
    const body = new Uint8Array(await request.clone().arrayBuffer());
    const response = await honest();
    return when(request, body) ? then(response, request) : response;
  },
});

const withHeader = (name: string, value: string | null, only: (request: Request) => boolean): Faults =>
  relayThat(only, ({ body, status, headers }) => {
    const changed = new Headers(headers);
    if (value === null) changed.delete(name);
    else changed.set(name, value);
    return new Response(body, { status, headers: changed });
  });

const isPost = ({ method }: Request): boolean => method === 'POST';

const failsOn = (when: (code: string, body: Bytes) => boolean): Faults => ({
  outer: (code, honest, body) => (when(code, body) ? failure() : honest),
});

/** The keys of a collection with a change. */
const changed =
  (change: (configs: KeyConfig[]) => KeyConfig[]) =>
  (collection: Bytes): Bytes =>
    encodeKeyConfigs(change(decodeKeyConfigs(collection)));

/** Chunks of a chunked envelope to an X25519 key, with the first two exchanged. */
function exchanged(envelope: Bytes): Bytes {
  const start = 39;
  const length = (at: number): number => 2 + (((envelope[at] ?? 0) & 63) * 256 + (envelope[at + 1] ?? 0));
  const second = start + length(start);
  const third = second + length(second);
  // Only envelopes whose first two chunks have a length of two bytes.
  if ([start, second].some((at) => (envelope[at] ?? 0) >> 6 !== 1)) return envelope;
  return concat(
    envelope.subarray(0, start),
    envelope.subarray(second, third),
    envelope.subarray(start, second),
    envelope.subarray(third),
  );
}

let parallel = 0;

/** A broken deployment for each row. Only its own row fails. */
const BROKEN: Readonly<Record<string, Faults>> = {
  '9458/5/1': relayThat(
    ({ method }) => method === 'PUT',
    () => new Response(null),
  ),
  '9458/5/2': {
    relay: (request, honest) => {
      const type = request.headers.get('content-type') ?? '';
      if (request.method === 'POST' && !type.startsWith('message/'))
        request.headers.set('content-type', 'message/ohttp-req');
      return honest();
    },
  },
  '9458/5.2/1': relayThat((_request, body) => isNoise(body), failure),
  '9458/5.2/2': relayThat((request, { length }) => isPost(request) && length <= 6, failure),
  '9458/6.3/1': relayThat(
    ({ url }) => url.includes('?target='),
    () => new Response('fetched'),
  ),
  'http/1': relayThat(
    (_request, body) => isNoise(body),
    ({ status, headers }, request) =>
      new Response(`no, ${request.headers.get('user-agent')}`, { status, headers }),
  ),
  'http/2': withHeader('cache-control', null, isPost),
  'http/3': withHeader('etag', '"1"', isPost),
  'http/4': relayThat(
    ({ method }) => method === 'OPTIONS',
    (_honest, request) =>
      new Response(null, {
        headers: { 'access-control-allow-origin': request.headers.get('origin') ?? '' },
      }),
  ),
  '9540/6/1': {
    gateway: async (request, honest) => {
      const response = await honest();
      if (request.method === 'GET') response.headers.set('content-type', 'application/octet-stream');
      return response;
    },
  },
  '9458/3.2/1': { served: (collection) => concat(collection, Uint8Array.of(0)) },
  '9458/3.2/2': { collection: changed((configs) => [...configs, ...configs]) },
  '9458/7/1': {
    gateway: async (request, honest) => {
      const response = await honest();
      const [, n] = /^probe-(..)/.exec(request.headers.get('user-agent') ?? '') ?? [];
      if (request.method !== 'GET' || n === undefined) return response;
      const body = new Uint8Array(await response.arrayBuffer());
      body[10] = Number.parseInt(n, 16);
      return new Response(body, { headers: response.headers });
    },
  },
  '9458/6/1': { plainHttp: true },
  '9458/4.3/1': failsOn((_code, { length }) => [60, ENVELOPE - 17, ENVELOPE - 1].includes(length)),
  '9458/4.3/2': failsOn(
    (code, body) => code === 'open-failed' && body.length === ENVELOPE && !isLowOrder(body),
  ),
  '9458/4.3/3': failsOn((_code, { length }) => length === ENVELOPE + 3),
  '9458/4.3/4': failsOn((code) => code === 'unsupported-suite'),
  '9458/4.3/5': {
    collection: changed(([config]) =>
      config === undefined ? [] : [{ ...config, suites: [...config.suites, { kdfId: 1, aeadId: 3 }] }],
    ),
  },
  '9458/5.2/4': {
    outer: (_code, honest, body) =>
      body[0] === 255 ? new Response(honest.body, { status: 500, headers: honest.headers }) : honest,
  },
  '9458/5.3/1': {
    outer: (_code, honest, body) =>
      body[0] === 255 ? new Response('no', { status: 400, headers: honest.headers }) : honest,
  },
  '9180/7.1.4/1': failsOn((_code, body) => body.length === ENVELOPE && isLowOrder(body)),
  '9458/4.4/1': { nonces: (length) => new Uint8Array(length) },
  '9458/5.2/3': {
    inner: (request, honest) =>
      request?.authority === 'probe.invalid' ? { status: 200, content: '' } : honest,
  },
  '9458/5.1/1': {
    inner: (_request, honest) => (honest.status === 417 ? { status: 200, content: '' } : honest),
  },
  '9292/4/1': {
    inner: (request, honest) => (request === null ? { status: 200, content: '' } : honest),
  },
  '9458/6.5.1/1': {
    inner: (_request, honest) => (honest.content === 'date' ? { status: 200, content: '' } : honest),
  },
  '9458/6.5/1': { remembersEnvelopes: false },
  'length/1': { responseLength: (request) => ((request?.path.length ?? 0) > 200 ? 8192 : 4096) },
  'chunked/3/1': {
    opened: (_request, sealed) => {
      if (sealed.headers.get('content-type')?.includes('chunked'))
        sealed.headers.set('content-type', 'application/octet-stream');
      return sealed;
    },
  },
  'chunked/6/1': { answersBrokenChunks: (_code, message) => message.includes('no plaintext') },
  'chunked/6/2': { answersBrokenChunks: (_code, message) => message.includes('early') },
  'chunked/6/3': { chunks: exchanged },
  'chunked/6/4': {
    relay: async (request, honest) => {
      const { byteLength } = await request.clone().arrayBuffer();
      if (byteLength === ENVELOPE && request.headers.get('content-type')?.includes('chunked') === true)
        request.headers.set('content-type', 'message/ohttp-req');
      return honest();
    },
  },
  'chunked/6/5': relayThat((_request, { length }) => length > 10_000, failure),
  'chunked/6.2/1': { nonces: (length) => new Uint8Array(length) },
  '9458/4/1': target((request) => request.method === 'GET' && request.path === '/', 502),
  '9458/4/2': target((request) => request.method === 'POST', 500),
  '9458/5.2/5': {
    opened: (request, sealed) =>
      request?.authority === 'target.example' && request.path !== '/' ? failure() : sealed,
  },
  '9292/3/1': { malformed: ([first]) => first === 0x80 },
  '9292/3.2/1': { malformed: ([first]) => first === 2 },
  '9292/3.8/2': { malformed: (bytes) => bytes.length % 512 !== 0 && bytes.slice(-70).every((n) => n === 0) },
  '9292/3.8/3': { malformed: (bytes) => bytes.at(-1) !== 0 && bytes[0] === 0 },
  '9292/3.4/1': target((request) => request.authority === '', 400),
  'http/5': {
    relay: async (_request, honest) => {
      parallel++;
      try {
        await new Promise(setImmediate);
        return parallel > 4 ? failure() : await honest();
      } finally {
        parallel--;
      }
    },
  },
  '9458/6.2/1': { passesOn: (headers) => ({ 'user-agent': headers.get('user-agent') ?? '' }) },
  '9458/6.2/2': { passesOn: () => ({ 'x-forwarded-for': '203.0.113.9' }) },
  '9458/6.2.1/1': { passesOn: () => ({ 'cf-visitor': `${(parallel += 16)}` }) },
  'sotto/bundle/1': { bundle: (n) => ({ directory: directoryAt(`/${n}`) }) },
  'sotto/bundle/2': { badSignature: true },
  'sotto/bundle/3': {
    served: (collection) =>
      concat(collection, vector(2, concat(uint(1, 9), uint(2, 0xffff), utf8('foreign')))),
  },
  'sotto/bundle/4': withHeader('etag', '"1"', ({ url }) => url.endsWith('/bundle')),
  'sotto/credential/1': {
    gateway: (request, honest) => {
      request.headers.set('authorization', 'Bearer the-credential');
      return honest();
    },
  },
};

/** Adds these fields to every response. */
function marked(fields: Readonly<Record<string, string>>): NonNullable<Faults['relay']> {
  return async (_request, honest) => {
    const { body, status, headers } = await honest();
    const all = new Headers(headers);
    for (const [name, value] of Object.entries(fields)) all.set(name, value);
    return new Response(body, { status, headers: all });
  };
}

function target(
  when: (request: { method: string; path: string; authority: string }) => boolean,
  status: number,
): Faults {
  return {
    inner: (request, honest) =>
      request !== null && honest.content === 'target' && when(request) ? { status, content: '' } : honest,
  };
}

/** Rows that only report: their reports about an honest deployment and about another one. */
const REPORTED: Readonly<Record<string, readonly [Faults, honest: RegExp, other: RegExp]>> = {
  '9292/3.8/1': [
    { inner: (request, honest) => (request === null ? { status: 403, content: '' } : honest) },
    /^refused: inner 400$/,
    /^not noticed: inner 403$/,
  ],
  'sotto/provider/1': [
    {
      relay: marked({ 'cf-ray': '8f-FRA' }),
      gateway: marked({ 'cf-ray': '8e-FRA' }),
    },
    /^$/,
    /^cloudflare runs both and could combine what they see/,
  ],
  'timing/1': [
    { delay: (request) => (request === null ? 9 : 1) },
    /^no difference shown: .* 1\.0 ms \(1\.0 to 1\.0\).* 93 % intervals/,
    /^they can be told apart: unknown authority 1\.0 ms .*, malformed message 9\.0 ms/,
  ],
  'timing/2': [
    { delay: (request) => (request?.authority === 'target.example' ? 7 : 1) },
    /^no difference shown: /,
    /^they can be told apart: refusal 1\.0 ms .*, target 7\.0 ms/,
  ],
};

describe('probe: rows and broken deployments', () => {
  test('each row has a broken deployment, and a sentence about it', () => {
    const ids = ROWS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...Object.keys(BROKEN), ...Object.keys(REPORTED)].toSorted()).toEqual(ids.toSorted());
    expect(Object.keys(BROKEN_GATEWAYS).toSorted()).toEqual(ids.toSorted());
    expect(KEM.X25519).toBe(0x20); // the envelopes above are for it
  });

  // A bundle with a key twice is not valid either, which the row of its signature shows if the root is given.
  const WITHOUT_ROOT = ALL.filter((word) => word !== '--root' && word !== ROOT);

  // All but the timing rows, which never fail.
  const documents = new Set(ROWS.map(({ id }) => id.split('/', 1)[0] ?? ''));
  const JUDGED = [...documents].flatMap((name) => (name === 'timing' ? [] : ['--section', name]));

  test.each(Object.entries(BROKEN))('%s fails for its own broken deployment only', async (id, faults) => {
    parallel = 0;
    const argv = id === '9458/3.2/2' ? WITHOUT_ROOT : ALL;
    const { status, failed } = await probed(faults, [...argv, ...JUDGED]);
    expect(failed).toEqual(SHARED_FAULTS[id] ?? [id]);
    expect(status).toBe(1);
  });

  test.each(Object.entries(REPORTED))('%s reports what it sees', async (id, [faults, honest, other]) => {
    const detail = async (what: Faults): Promise<string | undefined> =>
      (await probed(what)).said.find((row) => row.id === id)?.detail;
    expect(await detail({})).toMatch(honest);
    expect(await detail(faults)).toMatch(other);
  });
});
