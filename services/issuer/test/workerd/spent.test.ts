import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { StoreError } from '@sotto/service/store';
import type { Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import { ledgerEnd, ledgerName, quotaName, shardOf } from '../../src/durable/names.ts';
import { durableQuota, durableSpentTokens } from '../../src/durable/ports.ts';
import type { Ledger, Spend } from '../../src/ports.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { spentTokensViolations } from '../support/spent-contract.ts';
import { random } from '../support/wallet.ts';
import { bindings, oneToken, redeem, redemption, worker } from './objects.ts';

const NOW = Math.floor(Date.now() / 1000);
const ledger = (more: Partial<Ledger> = {}): Ledger => ({
  keyId: random(32),
  shards: 1,
  end: NOW + 3600,
  ...more,
});
const spend = (): Spend => ({
  id: random(32),
  tag: random(32),
  envelope: random(32),
  call: random(8),
  idempotent: true,
});
/** Account n below 32. No two share a quota object, whose alarm a test may move. */
const account = (n: number): Bytes => new Uint8Array(32).fill(n);
const stubOf = (of: Ledger) => bindings.SPENT.getByName(ledgerName(of, 0));

test('S05 S06 SpentTokens on Durable Objects: meets the contract', async () => {
  expect(await spentTokensViolations(durableSpentTokens(bindings.SPENT), NOW + 3600)).toEqual([]);
});

test('S05 gateway entrypoint: of 100 parallel redemptions of one token, one is first', async () => {
  const token = await oneToken();
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => redeem(token)));
  expect(outcomes.filter((outcome) => outcome === 'first')).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(99);
});

test('S06 gateway entrypoint: of 100 retries of a request three are accepted, and one for a service that is not idempotent', async () => {
  for (const [idempotent, again] of [
    [true, 2],
    [false, 0],
  ] as const) {
    const call = redemption(await oneToken(), { idempotent });
    const outcomes = await Promise.all(
      Array.from(
        { length: 100 },
        async () => (await worker.GatewayEntrypoint.redeem({ ...call, envelope: random(32) })).outcome,
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'first')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'again')).toHaveLength(again);
  }
});

test('S07 SpentShard: after eviction or an abort in the middle, spends a token once', async () => {
  const store = durableSpentTokens(bindings.SPENT);
  const at = ledger();
  const one = spend();
  expect(await store.spend(at, one)).toBe('first');
  await evictDurableObject(stubOf(at));
  expect(await store.spend(at, { ...one, envelope: random(32), tag: random(32) })).toBe('spent');

  const two = spend();
  const race = Array.from({ length: 12 }, (_, i) => {
    const call = store.spend(at, { ...two, tag: random(32), envelope: random(32) }).catch(() => 'failed');
    if (i % 10 === 5)
      void runInDurableObject(stubOf(at), (_object, state) => state.abort('reset')).catch(() => {});
    return call;
  });
  const outcomes = await Promise.all(race);
  // A response may be lost with the object, but never be given twice.
  expect(outcomes.filter((outcome) => outcome === 'first').length).toBeLessThanOrEqual(1);
  expect(new Set(outcomes)).not.toContain('again');
  expect(['first', 'spent']).toContain(
    await store.spend(at, { ...two, tag: random(32), envelope: random(32) }),
  );
  expect(await store.spend(at, { ...two, tag: random(32), envelope: random(32) })).toBe('spent');
});

/** A namespace whose objects fail in the given order, one entry per call; null lets a call through. */
function failing(...faults: ({ retryable?: boolean; overloaded?: boolean } | null)[]) {
  const calls: number[] = [];
  let stubs = 0;
  const namespace = {
    getByName: () => {
      const stub = ++stubs;
      return {
        spend: async () => {
          calls.push(stub);
          const fault = faults.shift();
          if (fault) throw Object.assign(new Error('Network connection lost.'), fault);
          return 'first';
        },
      };
    },
  };
  return { store: durableSpentTokens(namespace as never), calls };
}

test('S13 Durable Object calls: retry a retryable failure once with a new stub, and an overloaded object never', async () => {
  const lost = failing({ retryable: true }, null);
  expect(await lost.store.spend(ledger(), spend())).toBe('first');
  expect(lost.calls).toEqual([1, 2]);
  const twice = failing({ retryable: true }, { retryable: true }, null);
  await expect(twice.store.spend(ledger(), spend())).rejects.toBeInstanceOf(StoreError);
  expect(twice.calls).toEqual([1, 2]);
  for (const fault of [{ overloaded: true }, { overloaded: true, retryable: true }, {}]) {
    const { store, calls } = failing(fault, null);
    await expect(store.spend(ledger(), spend())).rejects.toBeInstanceOf(StoreError);
    expect(calls).toEqual([1]);
  }
});

test('S13 SpentShard: after a lost result, the call’s own retry gets the same outcome, and a replay does not', async () => {
  const at = ledger();
  const one = spend();
  const inner = bindings.SPENT;
  let lost = true;
  const namespace = {
    getByName: (name: string) => ({
      spend: async (call: Spend) => {
        const outcome = await inner.getByName(name).spend(call);
        if (!lost) return outcome;
        lost = false;
        throw Object.assign(new Error('Network connection lost.'), { retryable: true });
      },
    }),
  };
  const store = durableSpentTokens(namespace as never);
  expect(await store.spend(at, one)).toBe('first');
  expect(await store.spend(at, { ...one, call: random(8) })).toBe('replayed');
  expect(await store.spend(at, { ...one, call: random(8), envelope: random(32) })).toBe('again');
});

test('S14 SpentShard: a key keeps its number of shards when the configuration changes', async () => {
  const store = durableSpentTokens(bindings.SPENT);
  const old = ledger({ shards: 16 });
  const spends = Array.from({ length: 40 }, spend);
  for (const one of spends) expect(await store.spend(old, one)).toBe('first');
  for (const one of spends) expect(await store.spend(old, { ...one, call: random(8) })).toBe('replayed');
  expect(new Set(spends.map(({ id }) => shardOf(id, 16))).size).toBeGreaterThan(4);
  const names = spends.map(({ id }) => ledgerName(old, shardOf(id, 16)));
  expect(new Set(names.map(ledgerEnd))).toEqual(new Set([old.end]));
});

test('S15 SpentShard: checks its own end, is deleted after its grace, and accepts nothing then', async () => {
  const at = ledger({ end: NOW + 100_000 });
  const stub = stubOf(at);
  const one = spend();
  expect(await stub.spend(one)).toBe('first');
  const alarm = await runInDurableObject(stub, (_object, state) => state.storage.getAlarm());
  expect(alarm).toBe((at.end + 300) * 1000);
  const real = Date.now;
  try {
    for (const [seconds, outcome] of [
      [-1, 'replayed'],
      [0, 'ended'],
      [1, 'ended'],
      [301, 'ended'],
    ] as const) {
      Date.now = () => (at.end + seconds) * 1000;
      expect(await stub.spend({ ...one, call: random(8) })).toBe(outcome);
    }
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    const left = await runInDurableObject(stub, (_object, state) =>
      state.storage.sql
        .exec("select name from sqlite_schema where name not like '\\_cf%' escape '\\'")
        .toArray(),
    );
    expect(left).toEqual([]);
    expect(await stub.spend(one)).toBe('ended');
    // A clock that was set back calls an object whose own clock was not.
    Date.now = () => (at.end - 7200) * 1000;
    expect(await stub.spend(one)).toBe('ended');
  } finally {
    Date.now = real;
  }
});

test('SpentShard: an object with another name stores nothing', async () => {
  for (const name of ['x', '', `${'ab'.repeat(32)}.0`, `${'ab'.repeat(32)}.0.end`]) {
    const stub = bindings.SPENT.getByName(name);
    expect(await stub.spend(spend())).toBe('ended');
    const tables = await runInDurableObject(stub, (_object, state) =>
      state.storage.sql.exec("select name from sqlite_schema where name like 'spent%'").toArray(),
    );
    expect(tables).toEqual([]);
  }
});

test('SpentShard, QuotaShard: an object has the tables of its own class, and the names of all migrations', async () => {
  const at = ledger();
  await stubOf(at).spend(spend());
  const epoch = Math.floor(NOW / 86_400) * 86_400;
  const charge = { epoch, account: account(1), service: 'stickers', count: 5, limit: 30 };
  await durableQuota(bindings.QUOTA).charge({ ...charge, batch: 'a'.repeat(32) });
  const quota = bindings.QUOTA.getByName(quotaName(epoch, charge.account));
  for (const [stub, own] of [
    [stubOf(at), ['closed_ledgers', 'spent_tokens']],
    [quota, ['quotas']],
  ] as const) {
    const [tables, applied] = await runInDurableObject(stub, (_object, { storage }) => {
      const names = (query: string) =>
        storage.sql
          .exec<{ name: string }>(query)
          .toArray()
          .map(({ name }) => name);
      return [
        names(
          "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' ORDER BY name",
        ),
        names('SELECT name FROM __drizzle_migrations ORDER BY name'),
      ] as const;
    });
    expect(tables).toEqual(own);
    expect(applied).toEqual(Object.keys(MIGRATIONS).toSorted());
  }
});

test('SpentShard, QuotaShard: an object that wakes up reads its tables, and does not change its alarm', async () => {
  const at = ledger();
  const one = spend();
  const epoch = Math.floor(NOW / 86_400) * 86_400;
  const charge = { epoch, account: account(2), service: 'stickers', count: 5, limit: 30, batch: 'a' };
  const quota = durableQuota(bindings.QUOTA);
  expect(await stubOf(at).spend(one)).toBe('first');
  expect(await quota.charge(charge)).toBe('charged');
  const moved = (NOW + 5000) * 1000;
  const stubs = [stubOf(at), bindings.QUOTA.getByName(quotaName(epoch, charge.account))];
  for (const stub of stubs) {
    await runInDurableObject(stub, (_object, { storage }) => storage.setAlarm(moved));
    await evictDurableObject(stub);
  }
  expect(await stubOf(at).spend({ ...one, call: random(8) })).toBe('replayed');
  expect(await quota.charge({ ...charge, batch: 'b' })).toBe('charged');
  expect(await quota.used(charge)).toBe(10);
  for (const stub of stubs) {
    expect(await runInDurableObject(stub, (_object, { storage }) => storage.getAlarm())).toBe(moved);
  }
});

test('I09 QuotaShard: charges racing batches within the limit, and is deleted with its epoch', async () => {
  const epoch = Math.floor(NOW / 86_400) * 86_400;
  const quota = durableQuota(bindings.QUOTA);
  const row = { epoch, account: account(3), service: 'stickers', count: 5, limit: 30 };
  const takes = Array.from({ length: 100 }, (_, i) =>
    quota.charge({ ...row, batch: `${i}`.padStart(32, '0') }),
  );
  const outcomes = await Promise.all(takes);
  expect(outcomes.filter((outcome) => outcome === 'charged')).toHaveLength(6);
  expect(outcomes.filter((outcome) => outcome === 'exhausted')).toHaveLength(94);
  expect(await quota.used(row)).toBe(30);
  const stub = bindings.QUOTA.getByName(quotaName(epoch, row.account));
  const alarm = await runInDurableObject(stub, (_object, state) => state.storage.getAlarm());
  expect(alarm).toBe((epoch + 86_400 + 300) * 1000);
  await runDurableObjectAlarm(stub);
  const left = await runInDurableObject(stub, (_object, state) =>
    state.storage.sql.exec("select name from sqlite_schema where name = 'quotas'").toArray(),
  );
  expect(left).toEqual([]);
  expect(await quota.charge({ ...row, epoch: epoch - 86_400, batch: 'x' })).toBe('ended'); // over
});
