import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeLoggedBundle } from '@sotto/bundle';
import { ED25519, logFiles } from '@sotto/tlog';
import { base64url, utf8, type Bytes } from '@sotto/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../src/run.ts';
import {
  checkpointOf,
  LOG,
  ORIGIN,
  policyFile,
  proofOf,
  seed,
  vkey,
} from '../../../test/support/bundle-log.ts';
import { failingDisk } from '../../../test/support/failing-disk.ts';
import { bundleEntry, entriesOf, BASE, ROOT } from '../../../services/witness/test/support/running.ts';
import { TestIo } from './support/io.ts';

const ALL = { witnesses: [0, 1, 2] };
let folder = '';
let io: TestIo;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sotto-monitor-'));
  io = new TestIo(folder);
  await writeFile(at('policy'), policyFile(BASE));
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const at = (name: string): string => path.join(folder, name);

/** Serves a log, as a static web server does. */
function serve(entries: readonly Bytes[], note = checkpointOf(entries, ALL)): void {
  for (const url of Object.keys(io.routes)) delete io.routes[url];
  const files = [{ path: 'checkpoint', bytes: utf8(note) }, ...logFiles(entries)];
  for (const { path: name, bytes } of files)
    io.routes[`https://log.example/${name}`] = () => new Response(bytes);
}

const LOOK = ['log', 'monitor', '--once', '--policy', 'policy', '--log', 'https://log.example'];
const monitor = (...more: string[]) =>
  run([...LOOK, '--root', base64url(ROOT), '--state', 'seen', ...more], io);

describe('sotto log monitor', () => {
  test('prints new entries once, and remembers the checkpoint', async () => {
    serve(entriesOf(3));
    expect(await monitor()).toBe(0);
    expect(io.lines).toEqual([0, 1, 2].map((i) => expect.stringMatching(`^${BASE + i}\t\t[0-9a-f]{64}$`)));
    serve(entriesOf(4));
    io.lines.length = 0;
    expect(await monitor('--json')).toBe(0);
    expect(io.lines.map((line) => (JSON.parse(line) as { epoch: number }).epoch)).toEqual([BASE + 3]);
    expect(await readFile(at('seen/checkpoint'), 'utf8')).toBe(checkpointOf(entriesOf(4), ALL));
  });

  test.each(['write', 'sync'] as const)('keeps the last checkpoint when a %s fails', async (operation) => {
    serve(entriesOf(3));
    await monitor();
    serve(entriesOf(4));
    await failingDisk(operation);
    expect(await monitor()).not.toBe(0);
    expect(io.errors.join('\n')).toContain(`cannot write ${at('seen/checkpoint')} (ENOSPC)`);
    expect(await readFile(at('seen/checkpoint'), 'utf8')).toBe(checkpointOf(entriesOf(3), ALL));
    expect(await readdir(at('seen'))).toEqual(['checkpoint']);
  });

  test('keeps both notes of a fork in files, and log verify confirms them', async () => {
    serve(entriesOf(3));
    await monitor();
    const forged = entriesOf(3).with(1, bundleEntry(BASE + 1, 9));
    serve(forged);
    expect(await monitor()).toBe(1);
    expect(io.errors.join('\n')).toContain('the log has two histories. Evidence: ');
    expect((await readdir(at('seen'))).toSorted()).toEqual(['checkpoint', 'fork-1-1.note', 'fork-1-2.note']);
    const verify = (first: string, second: string) =>
      run(['log', 'verify', '--policy', 'policy', first, second], io);
    expect(await verify('seen/fork-1-1.note', 'seen/fork-1-2.note')).toBe(1);
    expect(io.lines.at(-1)).toContain('two histories');
    expect(await verify('seen/fork-1-1.note', 'seen/checkpoint')).toBe(0);
    await writeFile(at('longer'), proofOf(entriesOf(5), 4));
    expect(await verify('seen/fork-1-1.note', 'longer')).toBe(3);
    await writeFile(at('other'), checkpointOf(forged, { log: seed(9) }));
    expect(await verify('seen/fork-1-1.note', 'other')).toBe(1);
    expect(io.errors.at(-1)).toContain('other is not a checkpoint that a log of the policy signed');
    expect(await monitor()).toBe(1); // the same evidence is kept once
    expect(await readdir(at('seen'))).toHaveLength(3);
  });

  test('a longer history on another entry is a fork too', async () => {
    serve(entriesOf(3));
    await monitor();
    serve(entriesOf(5).with(1, bundleEntry(BASE + 1, 9)));
    expect(await monitor()).toBe(1);
    expect(io.errors.join('\n')).toContain('the log has two histories');
  });

  test.each<[string, () => void, string]>([
    [
      'too few witnesses',
      () => serve(entriesOf(3), checkpointOf(entriesOf(3), { witnesses: [1] })),
      'quorum',
    ],
    ['another log key', () => serve(entriesOf(3), checkpointOf(entriesOf(3), { log: seed(9) })), 'no log of'],
    ['other entries', () => serve(entriesOf(3, 9), checkpointOf(entriesOf(3), ALL)), 'not those of'],
    ['a bundle of another root', () => serve([bundleEntry(BASE, 0, seed(8))]), 'no root signed'],
    ['a bundle of another epoch', () => serve([bundleEntry(BASE + 1)]), 'of another epoch'],
    ['bytes that are no bundle', () => serve([utf8('x')]), 'not a bundle'],
  ])('%s: exit status 1', async (_what, show, reason) => {
    show();
    expect(await monitor()).toBe(1);
    expect(io.errors.join('\n')).toContain(reason);
  });

  test('a log that shows fewer entries than before is reported', async () => {
    serve(entriesOf(4));
    await monitor();
    serve(entriesOf(3));
    expect(await monitor()).toBe(1);
    expect(io.errors.at(-1)).toContain('shows 3 entries, and had 4 before');
  });

  test('relays have to serve what is logged', async () => {
    const entries = entriesOf(3);
    serve(entries);
    let shown = encodeLoggedBundle({ signed: entries[2] ?? utf8(''), proof: proofOf(entries, 2) });
    const relay = 'https://relay.example';
    io.routes[`${relay}/bundle/2`] = () => new Response(shown);
    expect(await monitor('--relay', relay)).toBe(0);
    shown = encodeLoggedBundle({ signed: bundleEntry(BASE + 2, 9), proof: proofOf(entries, 2) });
    expect(await monitor('--relay', relay)).toBe(1);
    expect(io.errors.at(-1)).toContain('a bundle without a valid proof (not-logged)');
    const other = entries.with(2, bundleEntry(BASE + 2, 9));
    shown = encodeLoggedBundle({ signed: other[2] ?? utf8(''), proof: proofOf(other, 2) });
    expect(await monitor('--relay', relay)).toBe(1);
    expect(io.errors.at(-1)).toContain('a bundle that another log of the same key has. Evidence');
  });

  test('a log that does not respond is 3, a page is no log, and missing options are wrong usage', async () => {
    expect(await monitor()).toBe(3);
    serve([], '<html>');
    expect(await monitor()).toBe(1);
    expect(io.errors.at(-1)).toContain('does not serve a log');
    expect(await run(['log', 'monitor', '--policy', 'policy', '--log', 'https://log.example'], io)).toBe(2);
    expect(await run(['log', 'verify', '--policy', 'nothing', 'a', 'b'], io)).toBe(1);
    expect(vkey(ORIGIN, ED25519, LOG)).toContain(ORIGIN);
  });
});
