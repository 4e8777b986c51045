import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  decodeAmortizedBatchTokenResponse,
  decodeTokenRequest,
  encodeGenericBatchTokenRequest,
  GENERIC_REQUEST,
} from '@sotto/privacypass';
import { hex, type Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import { quotaName } from '../src/durable/names.ts';
import { ISSUER_VARIABLES } from './support/variables.ts';
import { DAY, PROBLEM, START, told, World } from './support/world.ts';

test('quota objects: the accounts of an epoch are spread over 32, and another epoch has its own', () => {
  const accounts = Array.from({ length: 256 }, (_, i) => new Uint8Array(32).fill(i));
  const today = accounts.map((account) => quotaName(START, account));
  const tomorrow = accounts.map((account) => quotaName(START + DAY, account));
  expect(new Set(today).size).toBe(32);
  expect(new Set([...today, ...tomorrow]).size).toBe(64);
});

test('I08 quota: no credential and a bad one get 401; an exhausted quota gets 429 with the next epoch’s date', async () => {
  const world = new World();
  const { pending } = await world.blind(30);
  const { contentType, request: body } = pending;
  const post = (headers: Record<string, string>): Promise<Response> =>
    world.fetch('/token-request', {
      method: 'POST',
      headers: { 'content-type': contentType, ...headers },
      body,
    });
  const unauthorized = PROBLEM(401, 'unauthorized', 'Unauthorized');
  for (const authorization of [
    undefined,
    '',
    'Bearer',
    'Bearer x',
    'Basic YTpi',
    'Bearer a.b.c',
    'Bearer ..',
  ]) {
    expect(await told(await post(authorization === undefined ? {} : { authorization }))).toEqual(
      unauthorized,
    );
  }
  expect(world.used()).toBe(0);

  await world.draw(30);
  const refused = await world.post(contentType, body);
  expect(refused.headers.get('retry-after')).toBe(new Date((START + DAY) * 1000).toUTCString());
  expect(await told(refused)).toEqual(PROBLEM(429, 'too-many-requests', 'Too Many Requests'));
  const names = [...refused.headers.keys()].toSorted();
  expect(names).toEqual([
    'access-control-allow-origin',
    'access-control-expose-headers',
    'cache-control',
    'content-type',
    'retry-after',
  ]);
  // Another account, and the same one in the next epoch, have quotas of their own.
  expect(await world.draw(30, { account: 'bob' })).toHaveLength(30);
  world.clock.now += DAY;
  expect(await world.draw(30)).toHaveLength(30);
});

test('I09 quota: of 100 parallel requests for one token, a quota of 30 admits 30', async () => {
  const world = new World();
  const { quota } = world.issuer.issuing;
  const row = { epoch: START, account: new Uint8Array(32), service: 'stickers', count: 1, limit: 30 };
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, i) => quota.charge({ ...row, batch: `${i}`.padStart(32, '0') })),
  );
  expect(outcomes.filter((outcome) => outcome === 'charged')).toHaveLength(30);
  expect(outcomes.filter((outcome) => outcome === 'exhausted')).toHaveLength(70);
  expect(world.used()).toBe(30);
});

test('I09 quota: of 36 requests over HTTP, four at a time, a quota of 30 admits 30', async () => {
  const world = new World();
  const statuses: number[] = [];
  for (let round = 0; round < 9; round++) {
    const requests = await Promise.all(Array.from({ length: 4 }, () => world.blind(1)));
    const posts = requests.map(({ pending }) => world.post(pending.contentType, pending.request));
    statuses.push(...(await Promise.all(posts)).map(({ status }) => status));
  }
  expect(statuses.filter((status) => status === 200)).toHaveLength(30);
  expect(statuses.filter((status) => status === 429)).toHaveLength(6);
  expect(world.used()).toBe(30);
});

test('quota: a first batch over the limit is exhausted, and stores nothing', async () => {
  const world = new World();
  const { quota } = world.issuer.issuing;
  const row = { epoch: START, account: new Uint8Array(32), service: 'stickers', limit: 30 };
  for (const count of [31, 60, 500]) {
    expect(await quota.charge({ ...row, count, batch: 'a'.repeat(32) })).toBe('exhausted');
  }
  expect(await quota.charge({ ...row, count: 1, limit: 0, batch: 'a'.repeat(32) })).toBe('exhausted');
  expect(world.database.db.all('select * from quotas')).toEqual([]);
  expect(await quota.charge({ ...row, count: 30, batch: 'a'.repeat(32) })).toBe('charged');
});

test('I09 quota: with 28 of 30 used, four parallel batches of 5 get nothing', async () => {
  const world = new World();
  for (let i = 0; i < 28; i++) await world.draw(1);
  const requests = await Promise.all(Array.from({ length: 4 }, () => world.blind(5)));
  const statuses = await Promise.all(
    requests.map(async ({ pending }) => (await world.post(pending.contentType, pending.request)).status),
  );
  expect(new Set(statuses)).toEqual(new Set([429]));
  expect(world.used()).toBe(28);
});

test('I10 quota: a repeated batch gets the same elements with a fresh proof, and is charged once', async () => {
  const world = new World();
  const { pending } = await world.blind(30);
  const answers: Bytes[] = [];
  for (let i = 0; i < 3; i++) {
    const response = await world.post(pending.contentType, pending.request);
    expect(response.status).toBe(200);
    answers.push(new Uint8Array(await response.arrayBuffer()));
  }
  const decoded = answers.map((answer) => decodeAmortizedBatchTokenResponse(5, answer));
  expect(new Set(decoded.map(({ evaluatedMsgs }) => evaluatedMsgs.map(hex).join())).size).toBe(1);
  expect(new Set(decoded.map(({ evaluatedProof }) => hex(evaluatedProof))).size).toBe(3);
  expect(world.used()).toBe(30);
  // The row has a digest of the batch and none of its elements, blinded or evaluated.
  const rows = JSON.stringify(
    world.database.db.all('select hex(account) as a, service, used, batches from quotas'),
  );
  for (const element of decoded.flatMap(({ evaluatedMsgs }) => evaluatedMsgs)) {
    expect(rows.toLowerCase()).not.toContain(hex(element));
  }
});

test('I11 N54 quota: a batch gets three responses, is charged once, and does not displace other batches', async () => {
  const world = new World();
  const { pending } = await world.blind(5);
  const other = await world.blind(5);
  const post = async ({ contentType, request } = pending): Promise<number> =>
    (await world.post(contentType, request)).status;
  expect([await post(), await post(), await post()]).toEqual([200, 200, 200]);
  expect(await post(other.pending)).toBe(200);
  for (let i = 0; i < 20; i++) expect(await post()).toBe(429);
  expect([await post(other.pending), await post(other.pending)]).toEqual([200, 200]);
  expect(await post(other.pending)).toBe(429);
  expect(world.used()).toBe(10);
});

test('I11 N54 quota: of 100 parallel charges of one batch, one is charged and two are repeated', async () => {
  const { quota } = new World().issuer.issuing;
  const row = { epoch: START, account: new Uint8Array(32).fill(1), service: 'stickers' };
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, () => quota.charge({ ...row, count: 5, limit: 30, batch: 'ab'.repeat(16) })),
  );
  expect(outcomes.filter((outcome) => outcome === 'charged')).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === 'repeated')).toHaveLength(2);
  expect(outcomes.filter((outcome) => outcome === 'exhausted')).toHaveLength(97);
  expect(await quota.used(row)).toBe(5);
});

test('quota: that ended gets 503 with the next epoch’s date, whatever the kind of request', async () => {
  const world = new World({ deps: ({ quota }) => ({ quota: { ...quota, charge: async () => 'ended' } }) });
  const single = (await world.blind(1, 'weather', 5, 'single')).pending;
  const amortized = (await world.blind(1)).pending;
  const generic = encodeGenericBatchTokenRequest([decodeTokenRequest(single.request)]);
  for (const [type, body] of [
    [single.contentType, single.request],
    [amortized.contentType, amortized.request],
    [GENERIC_REQUEST, generic],
  ] as const) {
    const refused = await world.post(type, body);
    expect(refused.headers.get('retry-after')).toBe(new Date((START + DAY) * 1000).toUTCString());
    expect(await told(refused)).toEqual(PROBLEM(503, 'unavailable', 'Service Unavailable'));
  }
});

test('quota: a digest that spans two stored digests was not charged', async () => {
  const { quota } = new World().issuer.issuing;
  const row = { epoch: START, account: new Uint8Array(32), service: 'stickers', count: 1, limit: 3 };
  await quota.charge({ ...row, batch: `${'a'.repeat(16)}${'b'.repeat(16)}` });
  await quota.charge({ ...row, batch: `${'c'.repeat(16)}${'d'.repeat(16)}` });
  expect(await quota.charge({ ...row, batch: `${'b'.repeat(16)}${'c'.repeat(16)}` })).toBe('charged');
});

test('N61 quota: as shipped, five devices of one account get three batches each, and a sixth the date of the next', async () => {
  const wrangler = readFileSync(path.join(import.meta.dirname, '../../../wrangler.toml'), 'utf8');
  const [, SERVICES = ''] = /^\[env\.issuer\.vars\][^[]*?^SERVICES = '([^']*)'$/ms.exec(wrangler) ?? [];
  const world = new World({ vars: { SERVICES } });
  for (let device = 0; device < 5; device++) {
    for (let batch = 0; batch < 3; batch++) expect(await world.draw(30)).toHaveLength(30);
  }
  const { pending } = await world.blind(30);
  const refused = await world.post(pending.contentType, pending.request);
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe(new Date((START + DAY) * 1000).toUTCString());
});

test('quota: follows the attested tier; an unknown tier has the default', async () => {
  const world = new World();
  const { pending } = await world.blind(30);
  const draw = async (account: string, tier: unknown): Promise<number> => {
    const { pending: batch } = await world.blind(30);
    const headers = {
      'content-type': pending.contentType,
      authorization: `Bearer ${await world.bearer(account, { tier })}`,
    };
    return (await world.fetch('/token-request', { method: 'POST', headers, body: batch.request })).status;
  };
  expect(await draw('gold', 'gold')).toBe(200);
  expect(await draw('gold', 'gold')).toBe(200);
  expect(await draw('lead', 'lead')).toBe(200);
  expect(await draw('lead', 'lead')).toBe(429);
  expect(await draw('odd', ['gold'])).toBe(200);
  expect(await draw('odd', 'constructor')).toBe(429);
});

test('P04 quota: the store contains no account name', async () => {
  const world = new World();
  const account = 'account-canary-8151623';
  await world.draw(5, { account });
  const row = world.database.db.all<{ epoch: number; account: Uint8Array }>('select * from quotas')[0];
  expect(JSON.stringify(row)).not.toContain(account);
  expect(row?.account).toHaveLength(32);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(account));
  expect(hex(row?.account ?? new Uint8Array(0))).not.toBe(hex(new Uint8Array(digest)));
  // Another epoch has another hash, so two rows of one account cannot be linked.
  world.clock.now += DAY;
  const { attester } = world.issuer.issuing;
  const accountKey = new Uint8Array(32).fill(1);
  expect(attester.accountHash(account, null, { epoch: START, accountKey })).not.toEqual(
    attester.accountHash(account, null, { epoch: START + DAY, accountKey }),
  );
  await world.issuer.runSchedule();
  expect(world.database.db.all('select * from quotas')).toEqual([]);
});

test('operator: sees the use of an account by its name, and never a list of accounts', async () => {
  const world = new World({ vars: { ...ISSUER_VARIABLES } });
  await world.draw(5, { account: 'ada' });
  const ask = (asked: object): Promise<Response> =>
    world.operator('/operator/quota', 'POST', JSON.stringify(asked));
  const shown = async (asked: object): Promise<unknown> => (await ask(asked)).json();
  expect(await shown({ account: 'ada', service: 'stickers' })).toEqual({
    service: 'stickers',
    epoch: START,
    used: 5,
    quota: { default: 30, gold: 300 },
  });
  expect(await shown({ account: 'bob', service: 'stickers' })).toMatchObject({ used: 0 });
  expect((await ask({ service: 'stickers' })).status).toBe(400);
  expect((await ask({ account: 'ada', service: 'nothing' })).status).toBe(400);
  expect((await ask({ account: 'ada', issuer: 'nobody' })).status).toBe(400);
});
