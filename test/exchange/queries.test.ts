import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { concat, utf8, type Bytes } from '@sotto/wire';
import { encodeRequest } from '@sotto/bhttp';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';
import { stickers } from '../../services/stickers/src/app.ts';
import { openCatalogue } from '../../services/stickers/src/catalogue.ts';
import { Channels } from '../leaks/bits.ts';
import { measureLeaks, part } from '../leaks/measure.ts';
import { observed } from '../leaks/observe.ts';
import { typeAndSubmit } from '../leaks/typist.ts';
import { RawExchange, type RawResponse } from '../support/raw-exchange.ts';

let suite: Suite;
let raw: RawExchange;
let tokens: Bytes[] = [];
let accounts = 0;

beforeAll(async () => {
  suite = await startSuite({ log: true });
  raw = await RawExchange.of(suite);
}, 180_000);
afterAll(() => suite.dispose());

async function take(): Promise<Bytes> {
  if (tokens.length === 0) tokens = await raw.issue(`account ${accounts++}`);
  return tokens.pop() as Bytes;
}

/** Sends a body as it is, padded as our client pads. */
async function sendBody(body: unknown): Promise<RawResponse> {
  const content = body instanceof Uint8Array ? (body as Bytes) : utf8(JSON.stringify(body));
  const request = encodeRequest(raw.request(await take(), '', { content }));
  const padded = concat(request, new Uint8Array(Math.max(0, 1024 - request.length)));
  return raw.post(await raw.seal(padded));
}

/** The status of a response, and `results` or the code of its problem. */
function outcomeOf({ inner }: RawResponse): string {
  const text = Buffer.from(inner?.content ?? []).toString();
  const json = JSON.parse(text) as { results?: unknown[]; code?: string };
  return `${inner?.status} ${json.results === undefined ? json.code : 'results'}`;
}

const lengths = new Set<number>();
async function all(bodies: readonly unknown[]): Promise<string[]> {
  const outcomes = [];
  for (const body of bodies) {
    const response = await sendBody(body);
    expect(response.status).toBe(200);
    lengths.add(response.length);
    outcomes.push(outcomeOf(response));
  }
  expect(lengths.size).toBe(1);
  return outcomes;
}
const each = (bodies: readonly unknown[], one: string): string[] => bodies.map(() => one);

describe('every query gets results or a constant refusal, at one length', () => {
  test('Q01 sticker search: handles empty, too long and non-UTF-8 queries, lone surrogates, NUL, joiners, overrides and emoji', async () => {
    const accepted = [
      { q: 'a\0b' },
      { q: '\u200D' },
      { q: '\u202Etac' },
      { q: '😺😺' },
      { q: '👩‍👩‍👧' },
      { q: '' },
    ];
    expect(await all(accepted)).toEqual(each(accepted, '200 results'));
    const refused = [
      { q: 'x'.repeat(600) },
      concat(utf8('{"q":"'), Uint8Array.of(0xff, 0xfe), utf8('"}')),
      utf8(String.raw`{"q":"\ud83d"}`),
      utf8(''),
      utf8('{"q":'),
      { q: 7 },
    ];
    expect(await all(refused)).toEqual(each(refused, '400 bad-request'));
    const tooLong = await raw.post(await raw.seal(new Uint8Array(10_240)));
    expect(tooLong.inner?.status ?? tooLong.status).toBeGreaterThanOrEqual(400);
  });

  test('Q02 sticker search: treats full-text query syntax as plain text', async () => {
    const queries = [
      '"',
      '""cat',
      'cat*',
      'NEAR(cat dog)',
      'name:cat',
      '-cat',
      'cat AND',
      '(cat',
      'cat^2',
      '{a b}:c',
    ];
    const bodies = queries.map((q) => ({ q }));
    expect(await all(bodies)).toEqual(each(bodies, '200 results'));
  });

  test('Q03 sticker search: treats SQL as plain text, and takes no identifier from the input', async () => {
    const queries = ["'; DROP TABLE stickers;--", "' OR 1=1--", 'cat%', '_', '`cat`', '1;SELECT', '\\', ';'];
    const bodies = queries.map((q) => ({ q }));
    expect(await all(bodies)).toEqual(each(bodies, '200 results'));
    const contentOf = async (q: string): Promise<string> =>
      Buffer.from((await sendBody({ q })).inner?.content ?? []).toString();
    const injected = await contentOf("' OR 1=1--");
    expect((JSON.parse(injected) as { results: unknown[] }).results.length).toBeLessThanOrEqual(24);
    expect(injected).toBe(await contentOf('or 1 1'));
    const refused = [
      { q: 'cat', sort: 'name' },
      { q: 'cat', locale: '../../etc/passwd' },
      { q: 'cat', locale: 'x'.repeat(100) },
      { q: 'cat', packs: ["'; --"] },
      { q: 'cat', limit: '1; DROP' },
      { q: 'cat', __proto__x: 1 },
    ];
    expect(await all(refused)).toEqual(each(refused, '400 bad-request'));
  });

  test('Q04 sticker search: bounds long patterns and many words before it searches', async () => {
    const accepted = [{ q: `%${'ab_'.repeat(20)}` }, { q: 'a '.repeat(60).trim() }, { q: '?'.repeat(120) }];
    expect(await all(accepted)).toEqual(each(accepted, '200 results'));
    const refused = [{ q: 'a '.repeat(120) }, { q: 'cat', packs: Array.from({ length: 101 }, () => 'x') }];
    expect(await all(refused)).toEqual(each(refused, '400 bad-request'));
  });

  test('Q07 sticker search: refuses a cursor that is forged, huge, negative or of another query', async () => {
    const first = JSON.parse(
      Buffer.from((await sendBody({ q: 'cat', limit: 2 })).inner?.content ?? []).toString(),
    ) as {
      next: string;
    };
    expect(await all([{ q: 'cat', limit: 2, cursor: first.next }])).toEqual(['200 results']);
    const forged = [
      'forged',
      '-1',
      '0',
      '99999999999',
      `-${first.next}`,
      `${first.next}0`,
      '',
      'x'.repeat(60),
    ];
    const bodies = [...forged.map((cursor) => ({ q: 'cat', cursor })), { q: 'dog', cursor: first.next }];
    expect(await all(bodies)).toEqual(each(bodies, '400 bad-request'));
  });

  test('Q10 sticker search: no hostile query takes more than 50 ms of CPU', async () => {
    const hostile = [
      'a'.repeat(128),
      Array.from('abcdefghijklmnopqrstuvwxyz').join(' '),
      `${'a'.repeat(127)}!`,
      'ab'.repeat(64),
      '(a+)+$',
      `${'(a|aa)+'.repeat(10)}$`,
      `${' '.repeat(100)}x`,
      'e\u0301'.repeat(60),
      '猫'.repeat(128),
      '👩‍👩‍👧'.repeat(7),
    ];
    const folder = path.join(import.meta.dirname, '../../services/stickers/catalogue/built');
    const [archive, art] = ['catalogue.bin', 'art.bin'].map((name) => readFileSync(path.join(folder, name)));
    const opened = openCatalogue(new Uint8Array(archive ?? []), new Uint8Array(art ?? []), { whole: true });
    const app = stickers({
      catalogue: () => opened,
      pageBytes: 162_816,
      deadline: () => new AbortController().signal,
    });
    const headers = { 'content-type': 'application/json' };
    const post = async (q: string): Promise<number> => {
      const before = process.cpuUsage();
      const answer = await app.request('/v1/search', {
        method: 'POST',
        headers,
        body: JSON.stringify({ q }),
      });
      const { user, system } = process.cpuUsage(before);
      expect(answer.status).toBe(200);
      return (user + system) / 1000; // milliseconds of CPU, independent of other load
    };
    for (const q of hostile) {
      const times = [await post(q), await post(q), await post(q), await post(q)];
      expect({ q, slow: Math.min(...times) > 50 }).toEqual({ q, slow: false });
    }
  });
});

describe('leaks', () => {
  /** The kind of a request to measure, by its URL and length. */
  const kindOf = (url: unknown, init?: RequestInit): string | null =>
    typeof url === 'string' ? part(url, init?.body instanceof Uint8Array ? init.body.length : 0) : null;
  const queries =
    'cat,dog,happy,heart,zzzz,a,火,gato,😺,face with tears of joy,q,ok,nobody has this,party,sun'.split(',');

  test('Q06 suite: every channel leaks 0 bits over queries and all refusals', async () => {
    const channels = await measureLeaks(suite, { queries: [...queries, ...queries.map((q) => `${q} x`)] });
    expect(channels.filter(({ bits, distinct }) => bits !== 0 || distinct !== 1)).toEqual([]);
    const samples = Object.fromEntries(channels.map((one) => [one.channel, one.samples]));
    expect(samples['search.response.length']).toBeGreaterThan(40);
    expect(samples['typed.request.count']).toBeGreaterThan(4);
    expect(samples['tokens.request.length']).toBeGreaterThan(0);
    expect(samples['vouchers.request.length']).toBe(4);
    expect(samples['refill.response.length']).toBe(10); // of which three are refused
  });

  test('leak measure: detects a service whose responses are sometimes one byte longer', async () => {
    let searches = 0;
    const leaky: typeof fetch = async (url, init) => {
      const answer = await fetch(url, init);
      if (url !== `${suite.urls.relay}/ohttp` || searches++ % 3 !== 0) return answer;
      return new Response(concat(new Uint8Array(await answer.arrayBuffer()), Uint8Array.of(0)), answer);
    };
    const channels = new Channels();
    const send = observed(channels, part, leaky);
    for (let i = 0; i < 6; i++) {
      const { bytes } = await raw.seal(raw.request(null, 'cat'));
      const headers = { 'content-type': 'message/ohttp-req' };
      await send(`${suite.urls.relay}/ohttp`, {
        method: 'POST',
        headers,
        body: bytes,
        redirect: 'error',
        credentials: 'omit',
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
      });
    }
    const bits = Object.fromEntries(channels.report().map((one) => [one.channel, one.bits]));
    expect(bits['search.response.length']).toBeCloseTo(0.9183, 3);
    expect(bits['search.request.length']).toBe(0);
  });

  test('leak measure: detects refills whose refusals have a length of their own', async () => {
    let sent = 0;
    const leaky: typeof fetch = async (url, init) => {
      const answer = await fetch(url, init);
      const isRefill = kindOf(url, init) === 'refill';
      if (!isRefill || ++sent % 3 !== 0) return answer; // every third one is refused
      return new Response(concat(new Uint8Array(await answer.arrayBuffer()), Uint8Array.of(0)), answer);
    };
    const channels = await measureLeaks(suite, { queries: [], send: leaky });
    expect(channels.filter(({ bits }) => bits > 0).map(({ channel }) => channel)).toEqual([
      'refill.response.length',
    ]);
  });

  test('leak measure: detects a service that sometimes adds a header field', async () => {
    let searches = 0;
    const leaky: typeof fetch = async (url, init) => {
      const answer = await fetch(url, init);
      const isSearch = kindOf(url, init) === 'search';
      if (!isSearch || searches++ % 3 !== 0) return answer;
      return new Response(answer.body, { headers: [...answer.headers, ['x-found', '1']] });
    };
    const channels = await measureLeaks(suite, { queries: queries.slice(0, 3), send: leaky });
    expect(channels.filter(({ bits }) => bits > 0).map(({ channel }) => channel)).toEqual([
      'search.response.headers',
    ]);
  });

  test('leak measure: counts one request for a query typed without a pause, and more with pauses', async () => {
    const sent: string[] = [];
    await typeAndSubmit('happy cat', async (text) => void sent.push(text));
    expect(sent).toEqual(['happy cat']);
    const slow: string[] = [];
    await typeAndSubmit('happy cat', async (text) => void slow.push(text), [900]);
    expect(slow.length).toBeGreaterThan(1);
  });
});
