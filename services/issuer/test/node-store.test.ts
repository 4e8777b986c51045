import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupCommit, type Database } from '@sotto/service/sqlite';
import { openFile } from '@sotto/service/sqlite/file';
import { StoreError } from '@sotto/service/store';
import { hex, type Bytes } from '@sotto/wire';
import { afterAll, expect, test } from 'vitest';
import { ISSUER_FILE, sqliteSpentTokens } from '../src/node/ports.ts';
import type { Spend, SpentTokens } from '../src/ports.ts';
import { spendProcess } from './support/processes.ts';
import { random } from './support/wallet.ts';
import { DAY, World } from './support/world.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string): string => path.join(folder, name);
const openIssuerFile = (at: string) => openFile(at, ISSUER_FILE);
const REFUSED = /^STORE: /; // the beginning of every refusal to open a file

/** The store's port over a file, with a stopped clock. */
function tokensOf(database: Database, now = 1): SpentTokens {
  return sqliteSpentTokens(
    groupCommit(database, async (milliseconds) => sleep(milliseconds)),
    () => now,
  );
}
const ledger = { keyId: new Uint8Array(32).fill(1), shards: 1, end: 2 ** 33 };
const spend = (): Spend => ({
  id: random(32),
  tag: random(32),
  envelope: random(32),
  call: random(8),
  idempotent: true,
});
const retry = (one: Spend): Spend => ({ ...one, envelope: random(32), call: random(8) });
const replay = (one: Spend): Spend => ({ ...one, call: random(8) });

test('S09 X02 file store: after random kills, keeps every acknowledged spend, and others can be repeated', async () => {
  const store = file('kill.sqlite');
  const known = new Map<Spend, boolean>(); // whether it was acknowledged
  for (let kill = 0; kill < 5; kill++) {
    const process = await spendProcess(store);
    const running = Array.from({ length: 3 }, async () => {
      for (;;) {
        const one = spend();
        known.set(one, false);
        await process.spend(ledger, one);
        known.set(one, true);
      }
    });
    const stopped = Promise.allSettled(running);
    const enough = [...known.values()].filter(Boolean).length + 3 + 2 * kill;
    while ([...known.values()].filter(Boolean).length < enough) await sleep(1);
    await sleep(Math.random() * 10);
    process.stop();
    await stopped;
  }
  const database = openIssuerFile(store);
  const after = tokensOf(database);
  const acknowledged = [...known].filter(([, acked]) => acked).map(([one]) => one);
  expect(acknowledged.length).toBeGreaterThan(20);
  const others = acknowledged.map((one) => after.spend(ledger, { ...retry(one), tag: random(32) }));
  expect(new Set(await Promise.all(others))).toEqual(new Set(['spent'])); // no second effect
  const again = acknowledged.map((one) => after.spend(ledger, retry(one)));
  expect(new Set(await Promise.all(again))).toEqual(new Set(['again']));
  const lost = [...known].filter(([, acked]) => !acked).map(([one]) => after.spend(ledger, retry(one)));
  for (const outcome of await Promise.all(lost)) expect(['first', 'again']).toContain(outcome);
  database.close();
});

test('S11 file store: while another process holds the lock, spends fail within 200 ms and other work goes on', async () => {
  const at = file('lock.sqlite');
  const database = openIssuerFile(at);
  const slept: number[] = []; // milliseconds, each of them a turn for other work
  const store = groupCommit(database, async (milliseconds) => {
    slept.push(milliseconds);
    await sleep(milliseconds);
  });
  const tokens = sqliteSpentTokens(store, () => 1);
  await tokens.spend(ledger, spend());
  const other = new DatabaseSync(at);
  other.exec('BEGIN IMMEDIATE');
  const one = spend();
  slept.length = 0;
  await expect(tokens.spend(ledger, one)).rejects.toBeInstanceOf(StoreError);
  expect(slept).toEqual([0, ...Array.from({ length: 20 }, () => 10)]);
  // It does not wait inside SQLite, where no other work could run.
  expect(database.db.all('pragma busy_timeout')).toEqual([{ timeout: 0 }]);
  other.exec('ROLLBACK');
  expect(await tokens.spend(ledger, one)).toBe('first');
  other.close();
  database.close();
});

test('S12 file store: refuses a truncated, empty, damaged, foreign or read-only file, and never replaces it', async () => {
  const store = file('whole.sqlite');
  const database = openIssuerFile(store);
  const tokens = tokensOf(database);
  await Promise.all(Array.from({ length: 200 }, () => tokens.spend(ledger, spend())));
  database.close();
  const { size } = statSync(store);
  for (const length of [0, 100, 4096, size - 4096, size - 1]) {
    const cut = file(`cut-${length}.sqlite`);
    copyFileSync(store, cut);
    truncateSync(cut, length);
    expect(() => openIssuerFile(cut)).toThrow(REFUSED);
    expect(statSync(cut).size).toBe(length);
  }
  const noise = file('noise.sqlite');
  writeFileSync(noise, random(8192));
  expect(() => openIssuerFile(noise)).toThrow(REFUSED);
  const foreign = file('foreign.sqlite');
  const client = new DatabaseSync(foreign);
  client.exec('CREATE TABLE other (x)');
  client.close();
  expect(() => openIssuerFile(foreign)).toThrow('is a file of another program');
  expect(() => openIssuerFile(file('no/such/folder.sqlite'))).toThrow(REFUSED);
});

test('S12 file store: keeps acknowledged data in the file itself, without a log beside it', async () => {
  const store = file('alone.sqlite');
  const process = await spendProcess(store);
  const spent = Array.from({ length: 20 }, spend);
  for (const one of spent) expect(await process.spend(ledger, one)).toBe('first');
  process.stop();
  for (const side of ['-wal', '-shm']) expect(existsSync(`${store}${side}`)).toBe(false);
  rmSync(`${store}-journal`, { force: true });
  const database = openIssuerFile(store);
  const after = tokensOf(database);
  for (const one of spent) expect(await after.spend(ledger, replay(one))).toBe('replayed');
  database.close();
});

test('S12 file store: fails closed when the open file is cut', async () => {
  const store = file('live.sqlite');
  const database = openIssuerFile(store);
  const tokens = tokensOf(database);
  const spent = Array.from({ length: 200 }, spend);
  await Promise.all(spent.map((one) => tokens.spend(ledger, one)));
  truncateSync(store, 4096);
  const outcomes = await Promise.allSettled(spent.map((one) => tokens.spend(ledger, retry(one))));
  expect(outcomes.some((outcome) => outcome.status === 'fulfilled' && outcome.value === 'first')).toBe(false);
  expect(outcomes.some((outcome) => outcome.status === 'rejected')).toBe(true);
  database.close();
  expect(() => openIssuerFile(store)).toThrow(REFUSED);
});

const isRoot = process.getuid?.() === 0;

/** A file system of two megabytes, or null where none may be mounted. */
function smallDisk(): string | null {
  const at = mkdtempSync(path.join(tmpdir(), 'sotto-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', at], { stdio: 'ignore' });
    return at;
  } catch {
    rmSync(at, { recursive: true, force: true });
    return null;
  }
}

const disk = isRoot ? smallDisk() : null;
const UNMOUNTED = disk === null ? ' (skipped: no tmpfs may be mounted here)' : '';
afterAll(() => {
  if (disk === null) return;
  execFileSync('umount', [disk]);
  rmSync(disk, { recursive: true, force: true });
});

test.skipIf(disk === null)(
  `S10 on a full disk spends fail closed, nothing acknowledged is spendable again, and free space repairs it${UNMOUNTED}`,
  async () => {
    const at = disk ?? '';
    const database = openIssuerFile(path.join(at, 'full.sqlite'));
    const tokens = tokensOf(database);
    const spent: Spend[] = [];
    for (let i = 0; i < 200; i++) {
      const one = spend();
      if ((await tokens.spend(ledger, one)) === 'first') spent.push(one);
    }
    const ballast = path.join(at, 'ballast');
    for (let size = 1 << 21; size >= 1024; size >>= 1) {
      try {
        writeFileSync(ballast, new Uint8Array(size), { flag: 'a' });
      } catch {
        // Smaller, until nothing fits.
      }
    }
    const failures: unknown[] = [];
    for (let i = 0; i < 3000 && failures.length < 5; i++) {
      const one = spend();
      await tokens.spend(ledger, one).then(
        () => spent.push(one),
        (error: unknown) => failures.push(error),
      );
    }
    expect(failures.map((error) => error instanceof StoreError)).toEqual([true, true, true, true, true]);
    rmSync(ballast);
    for (const one of spent)
      expect(await tokens.spend(ledger, { ...retry(one), tag: random(32) })).toBe('spent');
    expect(await tokens.spend(ledger, spend())).toBe('first');
    database.close();
  },
);

test.skipIf(disk === null)(
  `S12 on a file system that became read-only spends fail closed, and the issuer does not start${UNMOUNTED}`,
  async () => {
    const store = path.join(disk ?? '', 'frozen.sqlite');
    const database = openIssuerFile(store);
    const tokens = tokensOf(database);
    const one = spend();
    expect(await tokens.spend(ledger, one)).toBe('first');
    database.close();
    execFileSync('mount', ['-o', 'remount,ro', disk ?? '']);
    try {
      expect(() => openIssuerFile(store)).toThrow(REFUSED);
    } finally {
      execFileSync('mount', ['-o', 'remount,rw', disk ?? '']);
    }
    const again = openIssuerFile(store);
    expect(await tokensOf(again).spend(ledger, replay(one))).toBe('replayed');
    again.close();
  },
);

test('S16 K07 file store: a backup whose keys are retired at the start refuses earlier tokens', async () => {
  const store = file('backup.sqlite');
  const first = new World({ database: openIssuerFile(store) });
  const tokens = await first.draw(5);
  copyFileSync(store, file('saved.sqlite'));
  expect(await first.redeem(tokens[0])).toBe('first');
  first.database.close();

  copyFileSync(file('saved.sqlite'), store);
  const restored = new World({ database: openIssuerFile(store), clock: first.clock });
  await restored.issuer.retireAll();
  for (const token of tokens) expect(await restored.redeem(token)).toBe('invalid');
  restored.clock.now += DAY;
  expect(await restored.draw(5)).toHaveLength(5);
  restored.database.close();
});

test('S24 file store: VACUUM by another process under load fails no request', async () => {
  const store = file('vacuum.sqlite');
  const database = openIssuerFile(store);
  const tokens = tokensOf(database);
  const other = new DatabaseSync(store, { timeout: 1000 });
  for (let round = 0; round < 5; round++) {
    const spends = Promise.all(Array.from({ length: 20 }, () => tokens.spend(ledger, spend())));
    other.exec('VACUUM');
    expect(new Set(await spends)).toEqual(new Set(['first']));
  }
  other.close();
  database.close();
});

test('P07 file store: no secret and no deleted row stays in the file, in freed pages or beside it', async () => {
  const store = file('rest.sqlite');
  const world = new World({ database: openIssuerFile(store) });
  const [token] = await world.draw(1, { account: 'account-canary-42' });
  await world.redeem(token);
  const ring = await world.issuer.keyring.use((held) => held);
  const secret = ring.redeeming(token.slice(66, 98))?.pair.secretKey.slice() as Bytes;
  const [row] = world.database.db.all<{ id: Bytes; tag: Bytes }>('select id, tag from spent_tokens');
  const [key] = world.database.db.all<{ wrapped: Bytes }>(
    'select wrapped from issuer_keys order by epoch limit 1',
  );
  const holds = (bytes: Uint8Array = new Uint8Array(1)): boolean =>
    [store, `${store}-journal`]
      .filter(existsSync)
      .some((name) => readFileSync(name).includes(Buffer.from(bytes)));
  expect(holds(row?.tag)).toBe(true); // the scan finds data that is stored
  expect(holds(secret)).toBe(false);
  expect(holds(token.subarray(2, 34))).toBe(false); // the nonce
  expect(holds(Buffer.from('account-canary-42'))).toBe(false);
  expect(holds(Buffer.from(hex(secret)))).toBe(false);
  world.clock.now += 3 * DAY;
  await world.issuer.runSchedule();
  world.clock.now += 1;
  await world.issuer.runSchedule();
  expect(world.spentRows()).toBe(0);
  for (const gone of [row?.id, row?.tag, key?.wrapped]) expect(holds(gone)).toBe(false);
  world.database.close();
});
