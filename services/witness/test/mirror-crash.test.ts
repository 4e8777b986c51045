import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nobleEd25519Verify } from '@sotto/bundle';
import type { Database } from '@sotto/service/sqlite';
import { openFile } from '@sotto/service/sqlite/file';
import {
  COSIGNATURE,
  ED25519,
  isSignedBy,
  leafHash,
  logFiles,
  parseCheckpoint,
  rootHash,
  verifierKeyOf,
  logFolder,
} from '@sotto/tlog';
import { fromUtf8, uint, type Bytes } from '@sotto/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOG, ORIGIN } from '../../../test/support/bundle-log.ts';
import { sqliteStores, WITNESS_FILE } from '../src/node/stores.ts';
import { checkpointRequest, NAME, plainConfig, SECRET, startApp, uploadBody } from './support/running.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-mirror-crash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The log before and after the upload, which is two packages: entries 254 and 255, and entries 256 to 258. */
const [BEFORE, AFTER] = [254, 259];
const entriesTo = (size: number, mark = 0): Bytes[] =>
  Array.from({ length: size }, (_, i) => uint(2, i < BEFORE ? i : i + mark));
const [before, after, forged] = [entriesTo(BEFORE), entriesTo(AFTER), entriesTo(AFTER, 1000)];

const BODIES = {
  checkpoint: checkpointRequest(after, BEFORE),
  checkpointAgain: checkpointRequest(after, AFTER),
  entries: uploadBody(after, BEFORE),
  otherHistory: [checkpointRequest(forged, BEFORE), checkpointRequest(forged, AFTER)],
};

type Step = 'insert' | 'commit' | 'committed';

/** Calls `at` before each insertion, and before and after each commit of one. */
function stepped({ db, atomically }: Database, at: (step: Step) => void): Database {
  let writes = false;
  const watched = new Proxy(db, {
    get(target, name) {
      if (name === 'insert') {
        writes = true;
        at('insert');
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return {
    db: watched,
    atomically: (work) => {
      writes = false;
      const result = atomically(() => {
        const value = work();
        if (writes) at('commit');
        return value;
      });
      if (writes) at('committed');
      return result;
    },
  };
}

/**
 * A mirror over one file, until it is closed. It does not wait for the disk: a process that is killed loses nothing
 * that it wrote, whether it was synced or not.
 */
function startOn(file: string, at: (step: Step) => void = () => {}) {
  const database = openFile(file, WITNESS_FILE);
  database.db.run('PRAGMA synchronous = OFF');
  const { store } = sqliteStores(stepped(database, at), sleep);
  return { ...startApp(store, { config: plainConfig() }), store, close: () => database.close() };
}
type Mirror = ReturnType<typeof startOn>;

/** Sends the new checkpoint and its entries, like a log that does not know how many entries the mirror has. */
async function send({ add, upload }: Mirror): Promise<Response> {
  let accepted = await add(BODIES.checkpoint);
  if (accepted.status === 409) accepted = await add(BODIES.checkpointAgain);
  return accepted.status === 200 ? upload(BODIES.entries) : accepted;
}

const FILES = new Map([before, after].map((entries) => [entries.length, logFiles(entries)]));
const ROOTS = new Map([before, after].map((entries) => [entries.length, rootHash(entries.map(leafHash))]));

/** How many entries are accepted, stored and served. The served log is whole and is that of its checkpoint. */
async function stateOf({ send: get, store }: Mirror, notes: Set<string>): Promise<string> {
  const file = async (name: string): Promise<Bytes> => {
    const response = await get(`/${logFolder(ORIGIN)}/${name}`);
    expect([name, response.status]).toEqual([name, 200]);
    return new Uint8Array(await response.arrayBuffer());
  };
  const note = fromUtf8(await file('checkpoint'));
  notes.add(note);
  const { size, root } = parseCheckpoint(note).checkpoint;
  expect(root).toEqual(ROOTS.get(size));
  for (const { path: name, bytes } of FILES.get(size) ?? []) expect(await file(name)).toEqual(bytes);
  const accepted = (await store.accepted(ORIGIN))?.size;
  return `accepted ${accepted}, stored ${await store.count(ORIGIN)}, served ${size}`;
}

/** One checkpoint of each size was served, and log and mirror signed both. */
function expectSigned(notes: ReadonlySet<string>): void {
  const keys = [verifierKeyOf(ORIGIN, ED25519, LOG), verifierKeyOf(NAME, COSIGNATURE, SECRET)];
  const signed = [...notes].map((note) => parseCheckpoint(note));
  expect(signed.map(({ checkpoint }) => checkpoint.size)).toEqual([BEFORE, AFTER]);
  for (const { note } of signed) {
    expect(keys.map((key) => isSignedBy(note, key, nobleEd25519Verify))).toEqual([true, true]);
  }
}

const original = path.join(folder, 'original.sqlite');
const copies: string[] = [];
function copyOf(file: string): string {
  const copy = path.join(folder, `copy-${copies.length}.sqlite`);
  copies.push(copy);
  copyFileSync(file, copy);
  if (existsSync(`${file}-journal`)) copyFileSync(`${file}-journal`, `${copy}-journal`);
  return copy;
}

const STATES = [
  'accepted 254, stored 254, served 254',
  'accepted 259, stored 254, served 254',
  'accepted 259, stored 256, served 254',
  'accepted 259, stored 259, served 254',
  'accepted 259, stored 259, served 259',
];
/** A checkpoint is accepted, two packages are stored, a checkpoint is served: four transactions with seven insertions. */
const STEPS = [1, 2, 3, 1].flatMap((insertions): Step[] => [
  ...Array.from({ length: insertions }, (): Step => 'insert'),
  'commit',
  'committed',
]);

beforeAll(async () => {
  const mirror = startOn(original);
  await mirror.add(checkpointRequest(before, 0));
  await mirror.upload(uploadBody(before));
  mirror.close();
});

describe('a mirror that stops during an upload', () => {
  test('killed at any step: the file contains a whole log, and the same upload completes it', async () => {
    const steps: Step[] = [];
    const images: string[] = []; // the file as it is at each step
    const source = copyOf(original);
    const killed = startOn(source, (step) => {
      steps.push(step);
      images.push(copyOf(source));
    });
    expect((await send(killed)).status).toBe(200);
    killed.close();
    expect(steps).toEqual(STEPS);

    const states: string[] = [];
    const forks: number[] = [];
    const notes = new Set<string>();
    for (const file of images) {
      const restarted = startOn(file);
      const state = await stateOf(restarted, notes);
      states.push(state);
      const others = state === STATES[0] ? [] : BODIES.otherHistory;
      for (const other of others) forks.push((await restarted.add(other)).status);
      expect((await send(restarted)).status).toBe(200);
      expect(await stateOf(restarted, notes)).toBe(STATES.at(-1));
      expect(await restarted.store.entries(ORIGIN, 0, AFTER)).toEqual(after);
      restarted.close();
    }
    expect(states).toEqual(states.toSorted()); // no step reverts an earlier one
    expect([...new Set(states)]).toEqual(STATES);
    const accepted = STEPS.indexOf('committed'); // from here on it accepts no other history
    expect(forks).toEqual(STEPS.slice(accepted).flatMap(() => [409, 409]));
    expectSigned(notes);
  });

  test('a write that fails at any step: the mirror still serves a whole log, and the same upload completes it', async () => {
    const seen = new Set<string>();
    const notes = new Set<string>();
    for (let failing = 1; failing <= STEPS.length; failing++) {
      let step = 0;
      const mirror = startOn(copyOf(original), () => {
        step++;
        if (step === failing) throw new Error('the disk is full');
      });
      const refused = await send(mirror);
      expect([refused.status, await refused.text()]).toEqual([500, expect.not.stringContaining('\u2014')]);
      seen.add(await stateOf(mirror, notes));
      expect((await send(mirror)).status).toBe(200);
      expect(await stateOf(mirror, notes)).toBe(STATES.at(-1));
      expect(await mirror.store.entries(ORIGIN, 0, AFTER)).toEqual(after);
      mirror.close();
    }
    expect([...seen].toSorted()).toEqual(STATES);
    expectSigned(notes);
  });
});
