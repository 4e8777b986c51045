import { ED25519, parseCheckpoint, parsePolicy } from '@sotto/tlog';
import { fromUtf8, type Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { policyText } from '../src/log/policy.ts';
import { logBundles } from '../src/log/bundles.ts';
import { makeLog, readLog } from '../src/log/directory.ts';
import type { LogFiles } from '../src/log/files.ts';
import { seed, vkey } from '../../../test/support/bundle-log.ts';
import { plainIo } from './support/io.ts';
import { bundleOf, DAY, FakeGateway, WITNESSES, Witnesses } from './support/witnessed.ts';

const BASE = 20_788;
const SECRET = seed(51);
const POLICY = policyText({
  key: vkey('bundles.example', ED25519, SECRET),
  base: BASE,
  witnesses: WITNESSES.slice(0, 2),
});

class Killed extends Error {}

/** Files, witnesses and a gateway. Any write or request can be the last one of a process. */
class Deployment {
  readonly disk = new Map<string, Bytes>();
  readonly witnesses = new Witnesses(POLICY);
  readonly gateway = new FakeGateway();
  /** Steps until the process is killed. A step is carried out, but its caller does not learn that. */
  left = Number.POSITIVE_INFINITY;
  steps = 0;

  #step(): void {
    this.steps++;
    if (--this.left < 0) throw new Killed();
  }

  readonly files: LogFiles = {
    read: async (name) => this.disk.get(name) ?? null,
    write: async (name, bytes) => {
      this.disk.set(name, new Uint8Array(bytes));
      this.#step();
    },
    remove: async (name) => {
      this.disk.delete(name);
      this.#step();
    },
  };

  readonly io = plainIo(async (input, init) => {
    const response = await this.witnesses.fetch(input, init);
    this.#step();
    return response;
  }, []);

  /** The steps of `sotto log add`. */
  async add(epoch: number): Promise<void> {
    const rows = [...this.gateway.rows].map(([sequence, { bundle, signature, proof }]) => ({
      sequence,
      bundle,
      signature: signature ?? new Uint8Array(64),
      proof,
    }));
    const rules = { secret: SECRET, now: epoch * DAY, ahead: 2, agreed: true };
    const { proofs } = await logBundles(this.files, rows, rules, this.io);
    for (const { sequence, proof = null } of proofs) {
      const row = this.gateway.rows.get(sequence);
      if (row !== undefined) row.proof = proof;
    }
  }
}

/** A log of three entries that everyone has seen, and two further epochs that are due. */
async function deployment(): Promise<Deployment> {
  const one = new Deployment();
  await makeLog(one.files, POLICY, SECRET);
  one.gateway.offer(BASE, BASE + 2);
  one.gateway.signAll();
  await one.add(BASE);
  one.gateway.offer(BASE + 3, BASE + 4);
  one.gateway.signAll();
  return one;
}

const policy = parsePolicy(POLICY);

/** Everyone has seen five entries, and clients accept the proofs of all. */
async function expectWhole(one: Deployment): Promise<void> {
  const log = await readLog(one.files);
  expect([log.entries.length, log.published]).toEqual([5, 5]);
  for (const store of one.witnesses.stores.slice(0, 2))
    expect((await store.accepted('bundles.example'))?.size).toBe(5);
  const [mirror] = one.witnesses.stores;
  expect(await mirror?.count('bundles.example')).toBe(5);
  for (let epoch = BASE; epoch <= BASE + 4; epoch++) one.gateway.verify(epoch, policy);
}

describe('a log that is killed', () => {
  test('at any write or request: the next run finishes, and no witness sees a second history', async () => {
    const whole = await deployment();
    const before = whole.steps;
    await whole.add(BASE + 2);
    await expectWhole(whole);
    const steps = whole.steps - before;
    expect(steps).toBeGreaterThan(7); // two tiles, two heads, three requests at least
    for (let left = 0; left < steps; left++) {
      const one = await deployment();
      one.left = left;
      await expect(one.add(BASE + 2)).rejects.toBeInstanceOf(Error);
      one.left = Number.POSITIVE_INFINITY;
      await one.add(BASE + 2);
      await expectWhole(one);
    }
  });

  test('before it signed, what was written may be another bundle in the next run; after that, it stays', async () => {
    const one = await deployment();
    one.left = 1; // one tile is written, no checkpoint is signed
    await expect(one.add(BASE + 2)).rejects.toThrow(Killed);
    one.left = Number.POSITIVE_INFINITY;
    const row = one.gateway.rows.get(BASE + 4);
    if (row === undefined) throw new Error('no row');
    row.bundle = bundleOf(BASE + 4, seed(9));
    row.signature = null;
    one.gateway.signAll();
    await one.add(BASE + 2);
    await expectWhole(one);
    row.bundle = bundleOf(BASE + 4, seed(10));
    [row.signature, row.proof] = [null, null];
    one.gateway.signAll();
    await one.add(BASE + 2);
    expect(row.proof).toBeNull(); // the log has and keeps another bundle
    expect((await readLog(one.files)).entries).toHaveLength(5);
  });

  test('it shows the old checkpoint until a quorum has cosigned the new one', async () => {
    const one = await deployment();
    const shown = (): number =>
      parseCheckpoint(fromUtf8(one.disk.get('checkpoint') ?? new Uint8Array())).checkpoint.size;
    const { fetch } = one.io;
    const away = { ...one.io, fetch: () => Promise.reject(new TypeError('fetch failed')) };
    Object.assign(one, { io: away });
    await expect(one.add(BASE + 2)).rejects.toThrow('Too few witnesses');
    expect(shown()).toBe(3);
    Object.assign(one, { io: { ...away, fetch } });
    await one.add(BASE + 2);
    expect(shown()).toBe(5);
  });
});

describe('what is logged', () => {
  test('past epochs without a bundle are void, and a coming one that is missing ends the list', async () => {
    const one = await deployment();
    one.gateway.rows.delete(BASE + 3);
    one.gateway.rows.delete(BASE + 4);
    one.gateway.offer(BASE + 6, BASE + 6);
    one.gateway.offer(BASE + 8, BASE + 8);
    one.gateway.signAll();
    await one.add(BASE + 6);
    const { entries } = await readLog(one.files);
    expect(entries.map(({ length }) => length === 28)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
      false,
    ]);
    one.gateway.verify(BASE + 6, policy);
    await one.add(BASE + 9);
    expect((await readLog(one.files)).entries).toHaveLength(9);
    one.gateway.verify(BASE + 8, policy);
  });

  test('logs bundles two epochs ahead, and deletes tiles of checkpoints that were never published', async () => {
    const one = await deployment();
    one.gateway.offer(BASE, BASE + 9);
    one.gateway.signAll();
    for (const epoch of [BASE + 1, BASE + 2, BASE + 3]) await one.add(epoch);
    expect((await readLog(one.files)).entries).toHaveLength(6);
    expect([...one.disk.keys()].filter((name) => name.startsWith('tile/entries')).toSorted()).toEqual([
      'tile/entries/000.p/5',
      'tile/entries/000.p/6',
    ]);
  });

  test.each([
    ['a checkpoint that is missing', 'checkpoint', null],
    ['a newest checkpoint that is missing', 'pending', null],
    ['a tile that is missing', 'tile/entries/000.p/3', null],
    ['a tile that is cut', 'tile/entries/000.p/3', 5],
    ['a tile with a changed byte', 'tile/entries/000.p/3', -1],
    ['a policy that is no policy', 'policy', 9],
  ])('%s: the log is not signed again', async (_what, name, change) => {
    const one = await deployment();
    const bytes = one.disk.get(name) ?? new Uint8Array();
    if (change === null) one.disk.delete(name);
    else if (change < 0) one.disk.set(name, bytes.with(40, (bytes[40] ?? 0) ^ 1));
    else one.disk.set(name, bytes.slice(0, change));
    await expect(one.add(BASE + 2)).rejects.toThrow(/The log is damaged|is not a policy file/);
  });

  test('a folder from a backup that lacks what a witness has seen is refused, and says what to do', async () => {
    const one = await deployment();
    const old = new Map(one.disk);
    await one.add(BASE + 2);
    one.disk.clear();
    for (const [name, bytes] of old) one.disk.set(name, bytes);
    for (const row of one.gateway.rows.values()) row.proof = null;
    const lines: string[] = [];
    Object.assign(one, { io: { ...one.io, err: (line: string) => void lines.push(line) } });
    await expect(one.add(BASE)).rejects.toThrow('Too few witnesses');
    expect(lines.join('\n')).toContain('has seen 5 entries of this log, and this folder has 3');
  });
});
