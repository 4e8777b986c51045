import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { allOrNothing } from '../src/init/write.ts';
import { makeLog } from '../src/log/directory.ts';
import { newLogKey } from '../src/log/new-log.ts';
import { policyText } from '../src/log/policy.ts';
import { run } from '../src/run.ts';
import { TestIo } from './support/io.ts';

let io: TestIo;
beforeEach(() => {
  io = new TestIo(mkdtempSync(path.join(tmpdir(), 'sotto-init-nothing-')));
});
afterEach(() => rmSync(io.cwd, { recursive: true, force: true }));

const at = (name: string): string => path.join(io.cwd, name);
const place = (name: string, text = 'mine'): void => {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
};
/** Every file and folder, with the contents of files. */
const everything = (): (string | null)[][] =>
  readdirSync(io.cwd, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => [name, statSync(at(name)).isFile() ? readFileSync(at(name), 'utf8') : null]);

const URLS = '--gateway https://gateway.b.test --issuer https://issuer.b.test';
const A = 'init a a --invite b/invite.json --relay https://relay.a.test';
const LOG = '--log bundles.b.test';
const LOG_INIT = 'log init log --origin bundles.b.test --log-secret log.secret';

test.each<[string, string, () => void | Promise<unknown>, string]>([
  ['into a folder with files', `init b b ${URLS}`, () => place('b/file'), 'b is not empty'],
  [
    'with a log, into a folder with files',
    `init b b ${URLS} ${LOG}`,
    () => place('b/file'),
    'b is not empty',
  ],
  ['with a log, onto a file', `init b b ${URLS} ${LOG}`, () => place('b'), 'Cannot read'],
  [
    'on compose with a log, into a folder with files',
    `init b b ${URLS} ${LOG} --on compose`,
    () => place('b/file'),
    'b is not empty',
  ],
  [
    'on workers with a log, into a folder with files',
    `init b b ${URLS} ${LOG} --on workers`,
    () => place('b/file'),
    'b is not empty',
  ],
  [
    'over PostgreSQL with a log, into a folder with files',
    `init b b ${URLS} ${LOG} --store postgres --database db1.b.test --quota-database db2.b.test`,
    () => place('b/file'),
    'b is not empty',
  ],
  [
    'below new folders, with the secret of a log there',
    `init b ops/deep/b ${URLS} ${LOG}`,
    () => place('ops/deep/b.log.secret'),
    'b.log.secret (EEXIST)',
  ],
  ['with the secret of a log there', `init b b ${URLS} ${LOG}`, () => place('b.log.secret'), '(EEXIST)'],
  ['with a log there', `init b b ${URLS} ${LOG}`, () => place('b.log/checkpoint'), 'has a log already'],
  ['with a file in place of the log', `init b b ${URLS} ${LOG}`, () => place('b.log'), '(ENOTDIR)'],
  [
    'with a folder in place of a file of the log',
    `init b b ${URLS} ${LOG}`,
    () => mkdirSync(at('b.log/checkpoint/x'), { recursive: true }),
    'cannot be read or written (EISDIR)',
  ],
  [
    'with a root secret below a file',
    `init b new/b ${URLS} ${LOG} --root-secret file/new/root.secret`,
    () => place('file'),
    'root.secret (ENOTDIR)',
  ],
  [
    'with something else in place of the root secret',
    `init b b ${URLS} ${LOG}`,
    () => place('b.root.secret'),
    'does not contain a root secret',
  ],
  [
    'with a root secret in the public folder of the log',
    `init b b ${URLS} ${LOG} --root-secret b.log/root.secret`,
    () => {},
    '--root-secret must be outside of ',
  ],
  [
    'of operator A into a folder with files',
    A,
    async () => {
      await run(`init b b ${URLS}`.split(' '), io);
      place('a/file');
    },
    'a is not empty',
  ],
  [
    'of operator A with a witness into a folder with files',
    `${A} --witness https://witness.a.test`,
    async () => {
      await run(`init b b ${URLS} ${LOG}`.split(' '), io);
      place('a/file');
    },
    'a is not empty',
  ],
  ['of a log, where one is', LOG_INIT, () => place('log/checkpoint'), 'has a log already'],
  ['of a log, in place of a file', LOG_INIT, () => place('log'), 'cannot be read or written'],
  ['of a log, with its secret there', LOG_INIT, () => place('log.secret'), '(EEXIST)'],
  [
    'of a log, with its secret in the public folder',
    LOG_INIT.replace('log.secret', 'log/secret'),
    () => {},
    '--log-secret must be outside of ',
  ],
  [
    'of a log, with its secret as the public folder',
    LOG_INIT.replace('log.secret', 'log'),
    () => {},
    '--log-secret must be outside of ',
  ],
])('sotto init %s: fails and leaves everything as it was', async (_what, line, prepare, message) => {
  await prepare();
  const before = everything();
  io.lines.length = 0;
  expect(await run(line.split(' '), io)).not.toBe(0);
  expect(io.errors.join('\n')).toContain(message);
  expect([everything(), io.lines]).toEqual([before, []]);
});

test('all or nothing: undoes in reverse order, also after an undo that fails, and keeps the reason', async () => {
  const undone: number[] = [];
  const step = (n: number) => async () => async () => {
    undone.push(n);
    if (n === 2) throw new Error('cannot be undone');
  };
  const failing = () => Promise.reject(new Error('the reason'));
  await expect(allOrNothing([step(1), step(2), step(3), failing, step(4)])).rejects.toThrow('the reason');
  expect(undone).toEqual([3, 2, 1]);
});

test.each([1, 2, 3])('a new log whose write %i fails: leaves no file', async (failing) => {
  const files = new Map<string, Uint8Array>();
  let writes = 0;
  const disk = {
    read: async (name: string) => files.get(name)?.slice() ?? null,
    write: async (name: string, bytes: Uint8Array) => {
      files.set(name, bytes);
      if (++writes === failing) throw new Error('no space');
    },
    remove: async (name: string) => void files.delete(name),
  };
  const { key, secret } = newLogKey('bundles.b.test', 'log');
  await expect(makeLog(disk, policyText({ key, base: 0, witnesses: [] }), secret)).rejects.toThrow(
    'no space',
  );
  expect([...files.keys()]).toEqual([]);
});

test('sotto init into an existing empty folder: keeps the folder when it fails', async () => {
  mkdirSync(at('b'));
  place('b.log.secret');
  expect(await run(`init b b ${URLS} ${LOG}`.split(' '), io)).toBe(1);
  expect(readdirSync(io.cwd).toSorted()).toEqual(['b', 'b.log.secret']);
  expect(readdirSync(at('b'))).toEqual([]);
});

test('sotto init below folders that do not exist: makes them, and only their owner can read the secrets', async () => {
  expect(await run(`init b new/b ${URLS} ${LOG} --root-secret safe/deep/root.secret`.split(' '), io)).toBe(0);
  expect(readdirSync(io.cwd).toSorted()).toEqual(['new', 'safe']);
  const modes = ['safe/deep/root.secret', 'new/b.log.secret'].map((name) => statSync(at(name)).mode & 0o777);
  expect(modes).toEqual([0o600, 0o600]);
});
