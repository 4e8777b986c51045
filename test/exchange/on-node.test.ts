import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf } from '../support/clients.ts';
import { suiteOnNode, type SuiteOnNode } from '../support/on-node.ts';
import { random, RawExchange, type RawResponse } from '../support/raw-exchange.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-node-'));
let suite: SuiteOnNode;

beforeAll(async () => {
  suite = await suiteOnNode(folder);
}, 60_000);
afterAll(async () => {
  await suite.close();
  rmSync(folder, { recursive: true, force: true });
});

const outcomeOf = ({ status, inner, code }: RawResponse): unknown[] => [status, inner?.status, code];

test('suite on Node: a private search passes through four processes over SQLite', async () => {
  const client = clientOf(suite, 'ada');
  const { results } = await client.search('happy cat', { locale: 'en' });
  expect(results.map(({ emoji }) => emoji).join(' ')).toContain('😺');
  for (const { art } of results) expect(art.data.length).toBeGreaterThan(50);
});

test('G09 S04 suite on Node: refuses a replayed envelope, a spent token and an invalid token as Workers do, at one length', async () => {
  const raw = await RawExchange.of(suite);
  const [token = null] = await raw.issue('bob');
  const request = raw.request(token, 'cat');
  const sealed = await raw.seal(request);
  const answers = [
    await raw.post(sealed),
    await raw.post(sealed),
    await raw.post(await raw.seal(request)),
    await raw.search(token, 'dog'),
    await raw.search(null, 'cat'),
    await raw.search(random(170), 'cat'),
  ];
  expect(answers.map(outcomeOf)).toEqual([
    [200, 200, null],
    [200, 409, 'replayed'],
    [200, 200, null],
    [200, 409, 'spent'],
    [200, 401, 'token-required'],
    [200, 401, 'token-invalid'],
  ]);
  expect(new Set(answers.map(({ length }) => length)).size).toBe(1);
});

test('B23 gateway on Node: refuses a name that resolves to this machine unless its row permits the address', async () => {
  const raw = await RawExchange.of(suite);
  expect(outcomeOf(await raw.search(null, 'cat', { authority: 'taken' }))).toEqual([200, 403, 'forbidden']);
  expect(outcomeOf(await raw.search(null, 'cat', { authority: 'open' }))).toEqual([200, 200, null]);
});

test('G11 gateway on Node: after SIGKILL has the same keys and still refuses replayed envelopes', async () => {
  const raw = await RawExchange.of(suite);
  const [token = null] = await raw.issue('eve');
  const withToken = await raw.seal(raw.request(token, 'cat'));
  const open = await raw.seal(raw.request(null, 'cat', { authority: 'open' }));
  for (const one of [withToken, open]) expect(outcomeOf(await raw.post(one))).toEqual([200, 200, null]);
  const keys = async (): Promise<string> =>
    Buffer.from(
      await (await fetch(`${suite.urls.gateway}/.well-known/ohttp-gateway`)).arrayBuffer(),
    ).toString('hex');
  const before = await keys();
  await suite.restart('gateway');
  expect(await keys()).toBe(before);
  for (const one of [withToken, open]) expect(outcomeOf(await raw.post(one))).toEqual([200, 409, 'replayed']);

  await suite.restart('issuer');
  expect(outcomeOf(await raw.post(withToken))).toEqual([200, 409, 'replayed']);
}, 60_000);

test('P07 gateway on Node: its file contains neither a query nor a token', async () => {
  const raw = await RawExchange.of(suite);
  const [token = random(1)] = await raw.issue('mallory');
  const canary = 'canary quail 7c19';
  for (const authority of ['stickers', 'open']) {
    const answer = await raw.search(authority === 'open' ? null : token, canary, { authority });
    expect(outcomeOf(answer)).toEqual([200, 200, null]);
  }
  const file = readFileSync(path.join(folder, 'gateway.sqlite'));
  for (const form of [
    Buffer.from(canary),
    Buffer.from(token.subarray(2, 34)),
    Buffer.from(Buffer.from(token.subarray(2, 34)).toString('base64url')),
    Buffer.from('mallory'),
  ]) {
    expect(file.includes(form)).toBe(false);
  }
});
