import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memoryWallet } from '@sotto/client';
import { DAY } from '@sotto/wire';
import { openLog } from '../../services/local/src/log.ts';
import { freePorts } from '../../services/local/src/ports.ts';
import { clientOf, once } from '../support/clients.ts';
import { suiteOnNode, urlsFrom, type SuiteOnNode } from '../support/on-node.ts';
import { random, RawExchange, type RawResponse } from '../support/raw-exchange.ts';
import { quick, VOUCHERS, voucherTests } from '../support/voucher-suite.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-node-'));
let suite: SuiteOnNode;
let policy = '';

beforeAll(async () => {
  const port = await freePorts();
  const stickers = { target: { url: urlsFrom(port).stickers, private: ['127.0.0.1'] } };
  const vars = { issuer: VOUCHERS.issuer };
  suite = await suiteOnNode(folder, { port, vars, rows: VOUCHERS.rows(stickers) });
  const log = await openLog({ secrets: suite.secrets, witness: null, epochSeconds: DAY, folder: null });
  await log.add(suite.urls.gatewayOperator);
  await suite.restart('relay'); // which fetches the bundles as it starts
  policy = log.policy;
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

describe('vouchers', () => {
  voucherTests('Node', () => ({ ...suite, policy }));
});

test('V10 suite on Node: an issuer that is killed while it refills signs the same packs again, and no voucher is lost', async () => {
  const devices = await Promise.all(
    ['one', 'two', 'three', 'four'].map(async (name) => {
      const wallet = memoryWallet();
      const options = { policy, wallet, fetch: once, ...(await quick()) };
      const client = clientOf(suite, `killed ${name}`, options);
      await client.refill();
      return { client, wallet };
    }),
  );
  const refilling = devices.map(({ client }) => client.refill({ more: true }).catch(() => {}));
  await Promise.race(refilling); // one has a response, the others are in flight
  await suite.restart('issuer');
  await Promise.all(refilling);
  for (const { client, wallet } of devices) {
    const left = await wallet.update(({ vouchers }) => vouchers?.pack ?? null);
    if (left !== null) await client.refill({ more: true });
    const { tokens, vouchers } = await wallet.update((state) => structuredClone(state));
    const today = Math.min(...(vouchers?.held ?? []).map(({ epoch }) => epoch));
    expect(tokens).toHaveLength(2 * 60);
    expect(vouchers?.held.filter(({ epoch }) => epoch === today)).toHaveLength(1);
  }
}, 120_000);

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

test('N52 suite on Node: every secret between the parties and every key of a store is changed, and a search succeeds after each step', async () => {
  const key = (): string => Buffer.from(random(32)).toString('base64url');
  const { secrets } = suite;
  const fresh = { internal: key(), relay: key(), account: key(), issuer: key(), gateway: key() };
  const client = clientOf(suite, 'trent');
  const raw = await RawExchange.of(suite);
  const [early = null] = await raw.issue('peggy');
  const works = async (): Promise<void> => {
    expect((await client.search('cat', { limit: 1 })).results).toHaveLength(1);
  };
  const rewrap = async (operator: string): Promise<unknown> => {
    const headers = { authorization: `Bearer ${secrets.operatorToken}` };
    return (await fetch(`${operator}/operator/keys/rewrap`, { method: 'POST', headers })).json();
  };
  await works();
  await suite.restart('issuer', {
    INTERNAL_TOKEN: `${fresh.internal} ${secrets.accountKey}`,
    ACCOUNT_KEY: fresh.account,
    ACCOUNT_KEY_PREVIOUS: secrets.accountKey,
    KEY_WRAPPING_KEY: fresh.issuer,
    KEY_WRAPPING_KEY_PREVIOUS: secrets.issuerWrappingKey,
  });
  await works();
  await suite.restart('gateway', {
    ISSUER_TOKEN: fresh.internal,
    RELAY_TOKEN: `${fresh.relay} ${secrets.relayToken}`,
    KEY_WRAPPING_KEY: fresh.gateway,
    KEY_WRAPPING_KEY_PREVIOUS: secrets.gatewayWrappingKey,
  });
  await works();
  await suite.restart('relay', { RELAY_TOKENS: JSON.stringify({ '': fresh.relay }) });
  await works();
  for (const operator of [suite.urls.issuerOperator, suite.urls.gatewayOperator]) {
    expect(await rewrap(operator)).toMatchObject({ unreadable: [] });
    expect(await rewrap(operator)).toEqual({ rewrapped: 0, unreadable: [] });
  }
  await suite.restart('issuer', { INTERNAL_TOKEN: fresh.internal, KEY_WRAPPING_KEY_PREVIOUS: '' });
  await suite.restart('gateway', { RELAY_TOKEN: fresh.relay, KEY_WRAPPING_KEY_PREVIOUS: '' });
  await works();
  expect(outcomeOf(await raw.search(early, 'cat'))).toEqual([200, 200, null]); // a token from before the change
  // Tokens from before the change are refused.
  const authorization = `Bearer ${secrets.relayToken}`;
  const refused = await fetch(`${suite.urls.gateway}/.well-known/ohttp-gateway`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'message/ohttp-req' },
    body: (await raw.seal(raw.request(null, 'cat', { authority: 'open' }))).bytes,
  });
  expect(refused.status).not.toBe(200);
  const schedule = `${suite.urls.internal}/schedule?known=0`;
  const status = async (token: string): Promise<number> =>
    (await fetch(schedule, { headers: { authorization: `Bearer ${token}` } })).status;
  expect([await status(secrets.accountKey), await status(fresh.internal)]).toEqual([404, 200]);
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
