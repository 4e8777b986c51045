import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { openFile } from '@sotto/service/sqlite/file';
import { decodeDirectory } from '@sotto/privacypass';
import { base64url, hex, type Bytes } from '@sotto/wire';
import { accountToken } from '../../services/issuer/test/support/account.ts';
import { ISSUER_FILE } from '../../services/issuer/src/node/ports.ts';
import { World } from '../../services/issuer/test/support/world.ts';
import { ISSUER_VARIABLES } from '../../services/issuer/test/support/variables.ts';
import { blindBatch, currentKey, random } from '../../services/issuer/test/support/wallet.ts';
import { freePorts } from '../../services/local/src/ports.ts';
import { running, type Killable } from '../support/killable.ts';

const HOUR = 3600; // seconds
const DAY = 24 * HOUR;
const INTERNAL_TOKEN = 'gateway-of-the-tests';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-clocks-'));
const shiftFile = path.join(folder, 'shift');
let issuer: Killable | null = null;
let port = 0;
let shift = 0; // seconds

/** Loaded before the entry file: shifts the clock by the seconds in a file, which it reads again every 5 ms. */
const CLOCK = `data:text/javascript,${encodeURIComponent(`
  import { readFileSync } from 'node:fs';
  const own = Date.now.bind(Date);
  let shift = 0;
  const read = () => { try { shift = Number(readFileSync(process.env.SHIFT, 'utf8')) || 0 } catch {} };
  read();
  setInterval(read, 5).unref();
  Date.now = () => own() + shift * 1000;
`)}`;

/** Loaded before the entry file: kills the process after it has inserted a given number of keys. */
const KILLER = `data:text/javascript,${encodeURIComponent(`
  import { DatabaseSync } from 'node:sqlite';
  const { prepare } = DatabaseSync.prototype;
  let left = Number(process.env.KILL_AFTER ?? Infinity);
  DatabaseSync.prototype.prepare = function (sql) {
    if (/^insert into .issuer_keys/i.test(sql) && left-- <= 0) process.kill(process.pid, 'SIGKILL');
    return prepare.call(this, sql);
  };
`)}`;

beforeEach(async () => {
  port = await freePorts();
});
afterAll(async () => {
  await issuer?.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function start(store: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const env = {
    ...ISSUER_VARIABLES,
    INTERNAL_TOKEN,
    STORE: path.join(folder, store),
    PORT: `${port}`,
    INTERNAL_PORT: `${port + 1}`,
    OPERATOR_PORT: `${port + 2}`,
    SHIFT: shiftFile,
    ...more,
  };
  issuer = await running('services/issuer/src/node.ts', env, ['--import', CLOCK, '--import', KILLER]);
}

async function setShift(seconds: number): Promise<void> {
  shift = seconds;
  writeFileSync(shiftFile, `${seconds}`);
  await sleep(100);
}

const now = (): number => Math.floor(Date.now() / 1000) + shift;
async function directory(): Promise<Bytes> {
  const answer = await fetch(`http://127.0.0.1:${port}/.well-known/private-token-issuer-directory`);
  expect(answer.status).toBe(200);
  return new Uint8Array(await answer.arrayBuffer());
}

async function issue(account: string, count: number, at = now()): Promise<Bytes[] | number> {
  const pending = await blindBatch(currentKey(await directory(), 'stickers', 5, at), count);
  const answer = await fetch(`http://127.0.0.1:${port}/token-request`, {
    method: 'POST',
    headers: {
      'content-type': pending.contentType,
      authorization: `Bearer ${await accountToken(account, { now: now() })}`,
    },
    body: pending.request,
  });
  if (answer.status !== 200) return answer.status;
  return pending.finish(new Uint8Array(await answer.arrayBuffer()));
}

async function redeem(token: Bytes | undefined): Promise<string | undefined> {
  const call = {
    service: 'stickers',
    token: base64url(token ?? random(1)),
    tag: base64url(random(32)),
    envelope: base64url(random(32)),
    idempotent: true,
  };
  const headers = { authorization: `Bearer ${INTERNAL_TOKEN}` };
  const url = `http://127.0.0.1:${port + 1}/redeem`;
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(call) });
  return ((await answer.json()) as { outcome?: string }).outcome;
}

const keysOf = (bytes: Bytes): string[] =>
  decodeDirectory(bytes).tokenKeys.map(({ tokenKey }) => hex(tokenKey));

describe('X07 a clock that jumps while the issuer runs', () => {
  test('X07 issuer: a clock that goes back, far ahead and home reuses no key, withdraws none early and revives no token', async () => {
    await start('clocks.sqlite');
    const first = await directory();
    const [spent, kept] = (await issue('ada', 5)) as Bytes[];
    expect(await redeem(spent)).toBe('first');

    await setShift(-2 * DAY);
    expect(hex(await directory())).toBe(hex(first));
    expect(await redeem(spent)).toBe('spent');
    const [early] = (await issue('bob', 5, now() + 2 * DAY)) as Bytes[];
    expect(await redeem(early)).toBe('first');

    await setShift(30 * DAY);
    const later = keysOf(await directory());
    expect(later.filter((key) => keysOf(first).includes(key))).toEqual([]);
    expect(await redeem(kept)).toBe('invalid');
    const [fresh] = (await issue('ada', 5)) as Bytes[];
    expect(await redeem(fresh)).toBe('first');

    await setShift(0);
    expect(keysOf(await directory())).toEqual(later);
    expect(await redeem(kept)).toBe('invalid');
    expect(await redeem(fresh)).toBe('spent');
    await issuer?.kill();
  }, 60_000);
});

describe('I16 killed while it generates keys', () => {
  test('I16 issuer: starts with a complete directory whose keys all sign, whenever it was killed', async () => {
    await setShift(0);
    const shown = new Map<string, number>();
    // Each start is eight days later, so that 24 keys are generated: three kinds for each of eight days.
    for (const [i, made] of [0, 1, 2, 11, 23].entries()) {
      await setShift(i * 8 * DAY);
      await expect(start('killed.sqlite', { KILL_AFTER: `${made}` })).rejects.toThrow('ended');
      const database = openFile(path.join(folder, 'killed.sqlite'), ISSUER_FILE);
      const world = new World({ database, clock: { now: now() } });
      const again = await world.directory();
      expect(hex(await world.directory())).toBe(hex(again));
      expect(keysOf(again)).toHaveLength(6); // of this day and the next
      for (const key of keysOf(again)) shown.set(key, (shown.get(key) ?? 0) + 1);
      for (const { notBefore = 0, tokenType, service } of decodeDirectory(again).tokenKeys) {
        if (notBefore > now() || tokenType !== 5 || service !== 'stickers') continue;
        const tokens = await world.draw(5, { account: `account ${i}` });
        expect(tokens).toHaveLength(5);
        expect(await world.redeem(tokens[0])).toBe('first');
      }
      database.close();
    }
    expect(Math.max(...shown.values())).toBe(1);
  }, 180_000);
});
