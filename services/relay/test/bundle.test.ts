import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROBLEMS } from '@sotto/http';
import { recordingServer, type RecordingServer } from '../../../test/support/recording-server.ts';
import { scheduledBundle } from '../src/bundle.ts';
import { fetchBundle } from '../src/fetch-bundle.ts';
import { RELAYS, vars, type RunningRelay } from './start-relay.ts';
import { problem, told } from './told.ts';

const TYPE = 'application/sotto-bundle';
const LOGGED = 'application/sotto-logged-bundle';
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** A schedule on a clock that the test advances, and the next response of its gateway. */
function schedule(periodMs: number) {
  const at = { now: 1_000_000_000_000 - (1_000_000_000_000 % periodMs) + 1000, fetches: 0 };
  const gateway: { next: () => Promise<Uint8Array<ArrayBuffer> | null> } = {
    next: () => Promise.resolve(bytes('one')),
  };
  const bundle = scheduledBundle({
    fetchBundle: async () => {
      at.fetches++;
      const signed = await gateway.next();
      return signed === null ? null : { signed, logged: null, provider: null };
    },
    now: () => at.now,
    sleep: (ms) => {
      at.now += ms;
      return Promise.resolve();
    },
    periodMs,
  });
  const current = async (): Promise<string | null> => {
    const got = await bundle.current(() => {});
    return got === null ? null : new TextDecoder().decode(got.signed);
  };
  return { at, bundle, current, gives: (next: typeof gateway.next) => (gateway.next = next) };
}

describe('the bundle of a gateway', () => {
  test.each([
    ['without a credential', null, {}],
    ['under its credential', 'mine', { authorization: 'Bearer mine' }],
  ])(
    'R15 %s each form is fetched from one path, and no redirect is followed',
    async (_how, credential, extra) => {
      const { signal } = new AbortController();
      const asked: unknown[] = [];
      const send = async (url: string, init: RequestInit): Promise<Response> => {
        asked.push([url, init]);
        const headers = { 'content-type': url.endsWith('/2') ? LOGGED : TYPE, 'sotto-logged': '?1' };
        return new Response(`the body of ${url}`, { headers });
      };
      const gateway = { base: '', origin: 'https://gateway.example', credential };
      expect(await fetchBundle(send, () => signal, gateway)).toEqual({
        signed: bytes('the body of https://gateway.example/bundle'),
        logged: bytes('the body of https://gateway.example/bundle/2'),
        provider: null,
      });
      const init = (accept: string) => ({
        method: 'GET',
        headers: { accept, ...extra },
        redirect: 'manual',
        signal,
      });
      expect(asked).toEqual([
        ['https://gateway.example/bundle', init(TYPE)],
        ['https://gateway.example/bundle/2', init(LOGGED)],
      ]);
    },
  );

  test('a gateway without a proof of this epoch has only a signed bundle, and one without that has none', async () => {
    const { signal } = new AbortController();
    const only = (form: string) => async (url: string) =>
      new Response('x', {
        status: url.endsWith(form) ? 200 : 503,
        headers: { 'content-type': form === '/2' ? LOGGED : TYPE, 'sotto-logged': '?1' },
      });
    const gateway = { base: '', origin: 'https://gateway.example', credential: null };
    expect(await fetchBundle(only('/bundle'), () => signal, gateway)).toEqual({
      signed: bytes('x'),
      logged: null,
      provider: null,
    });
    expect(await fetchBundle(only('/2'), () => signal, gateway)).toBeNull();
  });

  test.each([null, '?0', '1'])(
    'the form with a proof is not fetched when the gateway announces %j',
    async (said) => {
      const { signal } = new AbortController();
      const asked: string[] = [];
      const send = async (url: string) => {
        asked.push(url);
        return new Response('x', {
          headers: { 'content-type': TYPE, ...(said !== null && { 'sotto-logged': said }) },
        });
      };
      const gateway = { base: '', origin: 'https://gateway.example', credential: null };
      expect(await fetchBundle(send, () => signal, gateway)).toMatchObject({ logged: null });
      expect(asked).toEqual(['https://gateway.example/bundle']);
    },
  );
});

describe('the schedule of the key bundle', () => {
  test('L7 a thousand clients in one period cause one fetch; the next period causes one more', async () => {
    const { at, current, gives } = schedule(600_000);
    for (let i = 0; i < 1000; i++) expect(await current()).toBe('one');
    expect(at.fetches).toBe(1);
    gives(() => Promise.resolve(bytes('two')));
    at.now += 600_000;
    await Promise.all(Array.from({ length: 100 }, current));
    expect(await current()).toBe('two');
    expect(at.fetches).toBe(2);
  });

  test('L7 periods follow the clock, the same for every isolate, and not the first client', async () => {
    const { at, current } = schedule(600_000);
    at.now += 598_000; // a second before the boundary
    await current();
    at.now += 2000;
    await current();
    expect(at.fetches).toBe(2);
  });

  test('a failed fetch keeps the last good bundle, and is not repeated before the next period', async () => {
    const { at, current, gives } = schedule(600_000);
    await current();
    gives(() => Promise.resolve(null));
    at.now += 600_000;
    for (let i = 0; i < 10; i++) expect(await current()).toBe('one');
    expect(at.fetches).toBe(2);
    gives(() => Promise.reject(new Error('no')));
    at.now += 600_000;
    for (let i = 0; i < 10; i++) expect(await current()).toBe('one');
    expect(at.fetches).toBe(3);
  });

  test('until the first bundle arrives it is fetched every ten seconds, whatever clients do', async () => {
    const { at, current, gives } = schedule(600_000);
    gives(() => Promise.resolve(null));
    for (let i = 0; i < 40; i++) {
      expect(await current()).toBe(null);
      at.now += 1000;
    }
    expect(at.fetches).toBeGreaterThanOrEqual(4);
    expect(at.fetches).toBeLessThanOrEqual(5);
  });

  test('a request during the first fetch waits for it, and later fetches delay no request', async () => {
    const { at, current, gives } = schedule(600_000);
    const { promise, resolve: arrive } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
    gives(() => promise);
    const first = current();
    const second = current();
    arrive(bytes('one'));
    expect(await Promise.all([first, second])).toEqual(['one', 'one']);
    expect(at.fetches).toBe(1);
    at.now += 600_000;
    void current();
    expect(await current()).toBe('one');
    expect(at.fetches).toBe(2);
  });

  test('a fetch that never ends is cancelled', async () => {
    const { at, current, gives } = schedule(600_000);
    gives(() => new Promise(() => {}));
    void current();
    expect(await current()).toBe(null);
    gives(() => Promise.resolve(bytes('late')));
    at.now += 600_000;
    expect(await current()).toBe('late');
  });
});

describe.each(RELAYS)('the key bundle at the relay on %s', (_runtime, start) => {
  let gateway: RecordingServer;
  const relays: RunningRelay[] = [];
  const at = async (
    answer: RecordingServer['answer'],
    more: Record<string, string> = {},
  ): Promise<string> => {
    gateway.reset();
    gateway.answer = answer;
    const relay = await start(vars(gateway.url, more));
    relays.push(relay);
    return `${relay.url}/bundle`;
  };
  beforeAll(async () => {
    gateway = await recordingServer(() => {}, false);
  });
  afterAll(async () => {
    await Promise.all(relays.map((relay) => relay.close()));
    await gateway.close();
  });

  test('both forms of the bundle are fetched, each from its path, and served with their media types', async () => {
    const url = await at((seen, response) => {
      const isLogged = seen.target === '/bundle/2';
      response
        .writeHead(200, { 'content-type': isLogged ? LOGGED : TYPE, 'sotto-logged': '?1' })
        .end(isLogged ? 'logged' : 'signed');
    });
    for (const [path, type, body] of [
      [url, TYPE, 'signed'],
      [`${url}/2`, LOGGED, 'logged'],
    ] as const) {
      const response = await fetch(path);
      expect([response.headers.get('content-type'), await response.text()]).toEqual([type, body]);
    }
    expect((await fetch(`${url}/3`)).status).toBe(404);
  });

  test('L7 L10 a thousand fetches under different headers: one digest, one fetch upstream, no validator', async () => {
    const url = await at((_seen, response) => {
      const headers = { 'content-type': TYPE, etag: '"1"', 'set-cookie': 'a=1', vary: '*', age: '3' };
      response.writeHead(200, headers).end('the bundle');
    });
    const answers = new Set<string>();
    for (let i = 0; i < 1000; i += 100) {
      const texts = await Promise.all(
        Array.from({ length: 100 }, async (_, k) => {
          const headers = {
            cookie: `id=${i + k}`,
            'user-agent': `agent ${k}`,
            'x-forwarded-for': `192.0.2.${k}`,
            'if-none-match': '"1"',
          };
          const response = await fetch(url, { headers });
          const fields = [...response.headers].filter(
            ([name]) => !['date', 'connection', 'keep-alive'].includes(name),
          );
          return JSON.stringify([response.status, fields, await response.text()]);
        }),
      );
      texts.forEach((text) => answers.add(text));
    }
    expect([...answers].map((text) => JSON.parse(text) as unknown)).toEqual([
      [
        200,
        [
          ['access-control-allow-origin', '*'],
          ['cache-control', 'public, max-age=60'],
          ['content-length', '10'],
          ['content-type', TYPE],
        ],
        'the bundle',
      ],
    ]);
    const asked = gateway.seen.filter(({ target }) => target === '/bundle');
    expect(asked).toHaveLength(1);
    expect(
      asked[0]?.headers
        .map(([name]) => name)
        .filter((name) => name !== 'cf-worker')
        .toSorted(),
    ).toEqual(['accept', 'authorization', 'host']);
  });

  test.each([
    ['another type', 200, { 'content-type': 'text/html' }, 'x'],
    ['an error', 503, { 'content-type': TYPE }, 'x'],
    ['nothing', 200, { 'content-type': TYPE }, ''],
    ['more than 64 KiB', 200, { 'content-type': TYPE }, 'x'.repeat(65_537)],
    ['an encoding', 200, { 'content-type': TYPE, 'content-encoding': 'gzip' }, 'x'],
    ['a redirect', 302, { location: 'https://elsewhere.example/bundle' }, ''],
  ])('%s from the gateway is not a bundle: 503', async (_what, status, headers, body) => {
    const url = await at((_seen, response) => void response.writeHead(status, headers).end(body));
    expect(await told(await fetch(url))).toEqual(problem(PROBLEMS.unavailable));
  });
});
