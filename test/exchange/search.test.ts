import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bytes } from '@sotto/wire';
import type { Client } from '@sotto/client';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';
import { clientOf } from '../support/clients.ts';
import { RawExchange, type Answer } from '../support/raw-exchange.ts';

let suite: Suite;
let raw: RawExchange;
let tokens: Bytes[];

beforeAll(async () => {
  suite = await startSuite({ taps: true });
  raw = await RawExchange.of(suite);
  tokens = await raw.draw('alice');
});
afterAll(() => suite.dispose());

const take = (): Bytes => {
  const token = tokens.pop();
  if (token === undefined) throw new Error('the test drew too few tokens');
  return token;
};
const said = ({ status, inner, code }: Answer) => [status, inner?.status, code];

const client = (account: string): Client => clientOf(suite, account);

describe('a search through all four live services', () => {
  test('"happy cat" gives stickers with their art', async () => {
    const { results } = await client('bob').search('happy cat', { locale: 'en' });
    expect(results.length).toBeGreaterThanOrEqual(3);
    for (const { id, name, emoji, art } of results) {
      expect(id && name && emoji).toBeTruthy();
      expect(art.data).toMatch(art.type === 'image/svg+xml' ? /^<svg/ : /./);
    }
    expect(results.map(({ emoji }) => emoji).join(' ')).toContain('😺');
  });

  test('every answer has one length on the wire: results, none, refusals, spent', async () => {
    const spent = take();
    const answers = [
      await raw.search(spent, 'happy cat'),
      await raw.search(spent, 'another'),
      await raw.search(take(), 'zzzzqqqqxxxx'),
      await raw.search(null, 'happy cat'),
      await raw.search(take(), 'cat', { authority: 'nobody' }),
      await raw.search(take(), 'cat', { path: '/nowhere' }),
      await raw.search(take(), 'cat', { fields: [['x-odd', '1']] }),
      await raw.post(await raw.seal(new Uint8Array(1024))),
    ];
    expect(new Set(answers.map(({ length }) => length)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.map(({ inner }) => inner?.status)).toEqual([200, 409, 200, 401, 403, 404, 400, 400]);
  });
});

describe('a retry is the user’s act', () => {
  test('G09 the same envelope again is refused and does not search', async () => {
    const envelope = await raw.seal(raw.request(take(), 'once'));
    expect(said(await raw.post(envelope))).toEqual([200, 200, null]);
    expect(said(await raw.post(envelope))).toEqual([200, 409, 'replayed']);
  });

  test('G10 of 100 postings of one envelope at once, one searches', async () => {
    const envelope = await raw.seal(raw.request(take(), 'one of a hundred'));
    const answers = await Promise.all(Array.from({ length: 100 }, () => raw.post(envelope)));
    const inner = answers.map((answer) => answer.inner?.status);
    expect(inner.filter((status) => status === 200)).toHaveLength(1);
    expect(inner.filter((status) => status === 409)).toHaveLength(99);
  });

  test('S04 a token spent once is refused with another request', async () => {
    const token = take();
    expect(said(await raw.search(token, 'first'))).toEqual([200, 200, null]);
    expect(said(await raw.search(token, 'second'))).toEqual([200, 409, 'spent']);
  });

  test('S05 of 100 different requests with one token at once, one is answered', async () => {
    const token = take();
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => raw.search(token, `q${i}`)));
    expect(answers.filter(({ inner }) => inner?.status === 200)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 'spent')).toHaveLength(99);
  });

  test('S06 the same request sealed afresh is answered again, three times at most', async () => {
    const request = raw.request(take(), 'again');
    const codes = [];
    for (let i = 0; i < 5; i++) codes.push((await raw.post(await raw.seal(request))).inner?.status);
    expect(codes).toEqual([200, 200, 200, 409, 409]);
  });
});

describe('who saw what of a search', () => {
  test('each party has its own half, and none has both', async () => {
    await client('carol@example').search('secret llama', { locale: 'en' });
    const shown = suite.show();
    const seenBy = (party: 'relay' | 'gateway' | 'issuer' | 'stickers'): string =>
      JSON.stringify(shown[party]?.saw);
    expect(seenBy('gateway')).toContain('secret llama');
    expect(seenBy('stickers')).toContain('secret llama');
    expect(seenBy('issuer')).toContain('carol@example');
    expect(seenBy('relay')).toContain('127.0.0.1');
    expect(seenBy('relay') + seenBy('issuer')).not.toContain('llama');
    expect(seenBy('relay') + seenBy('gateway') + seenBy('stickers')).not.toContain('carol');
    expect(seenBy('gateway') + seenBy('stickers')).not.toContain('127.0.0.1');
  });
});
