import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '@sotto/service/config';
import { openFile } from '@sotto/service/sqlite/file';
import { afterAll, describe, expect, test } from 'vitest';
import { GATEWAY_FILE, sqliteStores, type Stores } from '../src/node/stores.ts';
import { testGateway } from './support/gateway.ts';
import { patiently } from './support/patiently.ts';
import { keyStoreContract, replayStoreContract } from './support/store-contract.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-gateway-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

let made = 0;
const fresh = (): string => path.join(folder, `${made++}.sqlite`);
const stores = (file: string, capacity = 1000): Stores =>
  sqliteStores(openFile(file, GATEWAY_FILE), async (ms) => sleep(ms), capacity);

keyStoreContract('the file of a gateway on Node', () => stores(fresh()).keys);
replayStoreContract('the file of a gateway on Node', () => stores(fresh(), 3).replays);

describe('one file, two processes', () => {
  async function second(file: string, count: number): Promise<() => Promise<Told>> {
    const entry = path.join(import.meta.dirname, 'support/admit-child.ts');
    const child = spawn(process.execPath, [entry, file, `${count}`], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    let said = '';
    child.stdout.on('data', (data: Buffer) => (said += data.toString()));
    while (!said.includes('ready\n')) await once(child.stdout, 'data');
    return async () => {
      child.stdin.write('go');
      while (!said.endsWith('}\n')) await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'exit');
      return JSON.parse(said.slice(said.indexOf('{'))) as Told;
    };
  }
  interface Told {
    readonly verdicts: string[];
    readonly epoch: number[];
  }

  test('an envelope is first once, an epoch has one key, and both survive a SIGKILL', async () => {
    const file = fresh();
    const { keys, replays } = stores(file);
    const count = 300;
    const envelopes = Array.from({ length: count }, (_, i) => Uint8Array.of(i >> 8, i));
    const go = await second(file, count);
    const theirs = go();
    const ours: string[] = [];
    for (let i = 0; i < count; i += 30) {
      const some = envelopes.slice(i, i + 30).map((envelope) => replays.admit(envelope, 2000, 1000));
      ours.push(...(await Promise.all(some.map((verdict) => verdict.catch(() => 'failed')))));
    }
    await patiently(() => keys.add([{ epochIndex: 7, tagKey: Uint8Array.of(1, 2), keys: [] }]));
    const [epoch] = await patiently(() => keys.epochs(7, 7));
    const { verdicts, epoch: their } = await theirs;
    const firsts = envelopes.map((_, i) => [ours[i], verdicts[i]].filter((v) => v === 'first').length);
    expect(firsts.filter((n) => n > 1)).toEqual([]);
    expect([...ours, ...verdicts].filter((v) => v === 'full')).toEqual([]);
    expect([...(epoch?.tagKey ?? [])]).toEqual(their);
    // The other process was killed; the results of both are in the file.
    const after = stores(file).replays;
    const told = envelopes.filter((_, i) => ours[i] !== 'failed' || verdicts[i] !== 'failed');
    const again = await Promise.all(told.map((envelope) => after.admit(envelope, 2000, 1000)));
    expect(new Set(again)).toEqual(new Set(['replayed']));
    expect(told.length).toBeGreaterThan(count / 2);
  });

  test('G12 while another process holds the file a request without token is 503, and succeeds afterwards', async () => {
    const file = fresh();
    const { replays } = stores(file);
    const h = await testGateway({ replays });
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const locked = await h.search({ authority: 'open' });
    expect([locked.inner.status, locked.code]).toEqual([503, 'unavailable']);
    other.exec('ROLLBACK');
    expect((await h.search({ authority: 'open' })).inner.status).toBe(200);
  });
});

describe('the file', () => {
  test.each<[string, (file: string) => void]>([
    ['is empty', (file) => truncateSync(file, 0)],
    ['is cut', (file) => truncateSync(file, 4096)],
    ['is not a database', (file) => writeFileSync(file, 'x'.repeat(8192))],
    ['has a damaged page', (file) => writeFileSync(file, readFileSync(file).fill(0x5a, 4096, 12_288))],
    ['belongs to another program', (file) => new DatabaseSync(file).exec('PRAGMA application_id = 7')],
    ['is of a later version', (file) => new DatabaseSync(file).exec('PRAGMA user_version = 99')],
  ])('that %s ends the start, and is not changed', async (_what, spoil) => {
    const file = fresh();
    const { keys } = stores(file);
    await keys.add([{ epochIndex: 1, tagKey: Uint8Array.of(1), keys: [] }]);
    spoil(file);
    const before = readFileSync(file);
    expect(() => openFile(file, GATEWAY_FILE)).toThrow(ConfigError);
    expect(readFileSync(file)).toEqual(before);
  });

  test('N24 an envelope that was deleted is not admitted again by a clock that went back', async () => {
    const file = fresh();
    const first = stores(file);
    const { replays } = first;
    const [seen, later] = [Uint8Array.of(1), Uint8Array.of(2)];
    expect(await replays.admit(seen, 2000, 1000)).toBe('first');
    await first.purge(2001);
    expect(await replays.admit(seen, 2000, 1000)).toBe('expired');
    expect(await stores(file).replays.admit(seen, 2000, 1000)).toBe('expired'); // after a restart, too
    expect(await replays.admit(later, 2001, 1000)).toBe('first');
  });

  test('P07 no byte of an expired envelope remains in the file', async () => {
    const file = fresh();
    const all = stores(file);
    const marks = Array.from({ length: 200 }, (_, i) => new Uint8Array(24).fill(i));
    await Promise.all(marks.map((mark) => all.replays.admit(mark, 2000, 1000)));
    const [mark = new Uint8Array(0)] = marks;
    const text = Buffer.from(mark).toString('base64url');
    expect(readFileSync(file).includes(text)).toBe(true);
    await all.purge(2001);
    expect(readFileSync(file).includes(text)).toBe(false);
  });

  test('a missing folder ends the start', () => {
    expect(() => openFile(path.join(folder, 'none', 'x.sqlite'), GATEWAY_FILE)).toThrow(ConfigError);
  });
});
