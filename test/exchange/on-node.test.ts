import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf } from '../support/clients.ts';
import { houseOnNode, type HouseOnNode } from '../support/on-node.ts';
import { random, RawExchange, type Answer } from '../support/raw-exchange.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-node-'));
let house: HouseOnNode;

beforeAll(async () => {
  house = await houseOnNode(folder);
}, 60_000);
afterAll(async () => {
  await house.close();
  rmSync(folder, { recursive: true, force: true });
});

const said = ({ status, inner, code }: Answer): unknown[] => [status, inner?.status, code];

test('a private search through four Node processes over SQLite', async () => {
  const client = clientOf(house, 'ada');
  const { results } = await client.search('happy cat', { locale: 'en' });
  expect(results.map(({ emoji }) => emoji).join(' ')).toContain('😺');
  for (const { art } of results) expect(art.data.length).toBeGreaterThan(50);
});

test('G09 S04 the same envelope, the same token, and a token for nothing are refused as on Workers, at one length', async () => {
  const raw = await RawExchange.of(house);
  const [token = null] = await raw.draw('bob');
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
  expect(answers.map(said)).toEqual([
    [200, 200, null],
    [200, 409, 'replayed'],
    [200, 200, null],
    [200, 409, 'spent'],
    [200, 401, 'token-required'],
    [200, 401, 'token-invalid'],
  ]);
  expect(new Set(answers.map(({ length }) => length)).size).toBe(1);
});

test('B23 a name that leads to this machine is refused inside, unless its row says so', async () => {
  const raw = await RawExchange.of(house);
  expect(said(await raw.search(null, 'cat', { authority: 'taken' }))).toEqual([200, 403, 'forbidden']);
  expect(said(await raw.search(null, 'cat', { authority: 'open' }))).toEqual([200, 200, null]);
});

test('G11 after a SIGKILL of the gateway its keys are the same, and what it saw stays seen', async () => {
  const raw = await RawExchange.of(house);
  const [token = null] = await raw.draw('eve');
  const withToken = await raw.seal(raw.request(token, 'cat'));
  const open = await raw.seal(raw.request(null, 'cat', { authority: 'open' }));
  for (const one of [withToken, open]) expect(said(await raw.post(one))).toEqual([200, 200, null]);
  const keys = async (): Promise<string> =>
    Buffer.from(
      await (await fetch(`${house.urls.gateway}/.well-known/ohttp-gateway`)).arrayBuffer(),
    ).toString('hex');
  const before = await keys();
  await house.restart('gateway');
  expect(await keys()).toBe(before);
  for (const one of [withToken, open]) expect(said(await raw.post(one))).toEqual([200, 409, 'replayed']);

  await house.restart('issuer');
  expect(said(await raw.post(withToken))).toEqual([200, 409, 'replayed']);
}, 60_000);

test('P07 the gateway’s file holds no word of a request and no token', async () => {
  const raw = await RawExchange.of(house);
  const [token = random(1)] = await raw.draw('mallory');
  const canary = 'canary quail 7c19';
  for (const authority of ['stickers', 'open']) {
    const answer = await raw.search(authority === 'open' ? null : token, canary, { authority });
    expect(said(answer)).toEqual([200, 200, null]);
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
