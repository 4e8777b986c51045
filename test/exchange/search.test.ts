import { createHash } from 'node:crypto';
import { decodeEntryBundle, ED25519, parsePolicy } from '@sotto/tlog';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bytes } from '@sotto/wire';
import type { Client } from '@sotto/client';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';
import { seed, vkey } from '../support/bundle-log.ts';
import { clientOf } from '../support/clients.ts';
import { RawExchange, type RawResponse } from '../support/raw-exchange.ts';
import { VOUCHERS, voucherTests } from '../support/voucher-suite.ts';

const ROW = { token: { type: 5 }, idempotent: true, requestLength: 1024, responseLength: 163_840 };
let suite: Suite;
let raw: RawExchange;
let tokens: Bytes[];

beforeAll(async () => {
  const stickers = { target: { binding: 'STICKERS' } };
  const rows = [{ ...stickers, ...ROW, name: 'stickers' }, ...VOUCHERS.rows(stickers)];
  const vars = { gateway: { SERVICES: JSON.stringify(rows) }, issuer: VOUCHERS.issuer };
  suite = await startSuite({ taps: true, log: true, vars });
  raw = await RawExchange.of(suite);
  tokens = await raw.issue('alice');
});
afterAll(() => suite.dispose());

const take = (): Bytes => {
  const token = tokens.pop();
  if (token === undefined) throw new Error('this test has used up its batch');
  return token;
};
const outcomeOf = ({ status, inner, code }: RawResponse) => [status, inner?.status, code];

const client = (account: string): Client => clientOf(suite, account);

describe('a search through all four services', () => {
  test('suite: "happy cat" gives stickers with their artwork', async () => {
    const { results } = await client('bob').search('happy cat', { locale: 'en' });
    expect(results.length).toBeGreaterThanOrEqual(3);
    for (const { id, name, emoji, art } of results) {
      expect(id && name && emoji).toBeTruthy();
      expect(art.data).toMatch(art.type === 'image/svg+xml' ? /^<svg/ : /./);
    }
    expect(results.map(({ emoji }) => emoji).join(' ')).toContain('😺');
  });

  test('suite: a client that pins the policy of its log uses proven bundles, and none of another log', async () => {
    const policy = suite.policy ?? '';
    const { results } = await clientOf(suite, 'prudent', { policy }).search('happy cat', { locale: 'en' });
    expect(results.length).toBeGreaterThanOrEqual(3);
    const { logs, witnesses } = parsePolicy(policy);
    expect([logs.length, witnesses.length]).toEqual([1, 1]);
    const other = policy.replace(/^log .*$/m, `log ${vkey('bundles.local', ED25519, seed(1))}`);
    await expect(clientOf(suite, 'prudent', { policy: other }).search('cat')).rejects.toMatchObject({
      code: 'bundle-unlogged',
    });
  });

  test('suite: the mirror serves every bundle of the log', async () => {
    const folder = createHash('sha256').update('bundles.local').digest('hex');
    const checkpoint = await (await fetch(`${suite.urls.witness}/${folder}/checkpoint`)).text();
    expect(checkpoint).toMatch(/^bundles\.local\n3\n/);
    const entries = await fetch(`${suite.urls.witness}/${folder}/tile/entries/000.p/3`);
    expect(decodeEntryBundle(new Uint8Array(await entries.arrayBuffer()))).toHaveLength(3);
  });

  test('suite: results, no results, refusals and spent tokens have one length on the wire', async () => {
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

describe('retries by the user', () => {
  test('G09 gateway: refuses a replayed envelope without a search', async () => {
    const envelope = await raw.seal(raw.request(take(), 'once'));
    expect(outcomeOf(await raw.post(envelope))).toEqual([200, 200, null]);
    expect(outcomeOf(await raw.post(envelope))).toEqual([200, 409, 'replayed']);
  });

  test('G10 gateway: of 100 concurrent copies of one envelope, one searches', async () => {
    const envelope = await raw.seal(raw.request(take(), 'one of a hundred'));
    const answers = await Promise.all(Array.from({ length: 100 }, () => raw.post(envelope)));
    const inner = answers.map((answer) => answer.inner?.status);
    expect(inner.filter((status) => status === 200)).toHaveLength(1);
    expect(inner.filter((status) => status === 409)).toHaveLength(99);
  });

  test('S04 gateway: refuses a spent token with another request', async () => {
    const token = take();
    expect(outcomeOf(await raw.search(token, 'first'))).toEqual([200, 200, null]);
    expect(outcomeOf(await raw.search(token, 'second'))).toEqual([200, 409, 'spent']);
  });

  test('S05 gateway: of 100 concurrent requests with one token, one succeeds', async () => {
    const token = take();
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => raw.search(token, `q${i}`)));
    expect(answers.filter(({ inner }) => inner?.status === 200)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 'spent')).toHaveLength(99);
  });

  test('S06 gateway: the same request in a new envelope succeeds three times at most', async () => {
    const request = raw.request(take(), 'again');
    const codes = [];
    for (let i = 0; i < 5; i++) codes.push((await raw.post(await raw.seal(request))).inner?.status);
    expect(codes).toEqual([200, 200, 200, 409, 409]);
  });
});

describe('the view of each party of a search', () => {
  test('suite: no party sees both who searched and for what', async () => {
    await client('carol@example').search('secret llama', { locale: 'en' });
    const report = suite.report();
    const seenBy = (party: 'relay' | 'gateway' | 'issuer' | 'stickers'): string =>
      JSON.stringify(report[party]?.saw);
    expect(seenBy('gateway')).toContain('secret llama');
    expect(seenBy('stickers')).toContain('secret llama');
    expect(seenBy('issuer')).toContain('carol@example');
    expect(seenBy('relay')).toContain('127.0.0.1');
    expect(seenBy('relay') + seenBy('issuer')).not.toContain('llama');
    expect(seenBy('relay') + seenBy('gateway') + seenBy('stickers')).not.toContain('carol');
    expect(seenBy('gateway') + seenBy('stickers')).not.toContain('127.0.0.1');
  });
});

describe('vouchers', () => {
  voucherTests('Workers', () => ({ ...suite, policy: suite.policy ?? '' }));
});
