import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { consistencyProof, ED25519, formatAddCheckpoint, leafHash, parsePolicy } from '@sotto/tlog';
import { base64, type Bytes } from '@sotto/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logBundles } from '../../packages/cli/src/log/bundles.ts';
import { makeLog, readLog } from '../../packages/cli/src/log/directory.ts';
import { filesIn } from '../../packages/cli/src/log/files.ts';
import { policyText } from '../../packages/cli/src/log/policy.ts';
import { plainIo } from '../../packages/cli/test/support/io.ts';
import { bundleOf, DAY, FakeGateway } from '../../packages/cli/test/support/witnessed.ts';
import { freePorts } from '../../services/local/src/ports.ts';
import { checkpointOf, LOG, ORIGIN, vkey } from '../support/bundle-log.ts';

const MODULE = 'filippo.io/torchwood/cmd/litewitness@v0.6.1'; // the last one for Go 1.26
const BIN = path.resolve(import.meta.dirname, '../../node_modules/.cache/go');
const NAME = 'witness.example/lite';
const BASE = 20_788;
const PROGRAMS = ['go', 'ssh-agent', 'ssh-add', 'ssh-keygen'];
const missing = PROGRAMS.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);

const folder = mkdtempSync(path.join(tmpdir(), 'lite-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Builds litewitness once. */
function build(): string {
  const file = path.join(BIN, 'litewitness');
  if (existsSync(file)) return file;
  mkdirSync(BIN, { recursive: true });
  execFileSync('go', ['install', MODULE], { env: { ...process.env, GOBIN: BIN }, stdio: 'inherit' });
  return file;
}

/** Starts a program, and resolves with what a pattern finds in its output. */
function started(file: string, args: readonly string[], pattern: RegExp): Promise<RegExpExecArray> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let output = '';
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        output += data.toString();
        const found = pattern.exec(output);
        if (found !== null) resolve(found);
      });
    }
    child.once('close', () => reject(new Error(`${file} ended: ${output}`)));
  });
}

/** A log in the database of litewitness: `witnessctl` needs modules that are not public. */
function configure(database: string): void {
  const db = new DatabaseSync(database);
  db.exec(`
    CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL);
    CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin));`);
  const empty = Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex');
  db.prepare('INSERT INTO log VALUES (?, 0, ?)').run(ORIGIN, base64(new Uint8Array(empty)));
  db.prepare('INSERT INTO key VALUES (?, ?)').run(ORIGIN, vkey(ORIGIN, ED25519, LOG));
  db.close();
}

describe.skipIf(missing.length > 0)(`litewitness (needs ${PROGRAMS.join(', ')})`, () => {
  let url = '';
  let key = '';

  beforeAll(async () => {
    const file = build();
    const [secret, socket] = [path.join(folder, 'key'), path.join(folder, 's')];
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', secret]);
    await started('ssh-agent', ['-a', socket, '-D'], /SSH_AUTH_SOCK=/);
    execFileSync('ssh-add', [secret], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
    const fingerprint = execFileSync('ssh-keygen', ['-lf', `${secret}.pub`], { encoding: 'utf8' }).split(
      ' ',
    )[1];
    const database = path.join(folder, 'witness.db');
    configure(database);
    const port = await freePorts(1);
    const args = ['-name', NAME, '-db', database, '-ssh-agent', socket, '-key', fingerprint ?? ''];
    const listen = ['-listen', `127.0.0.1:${port}`];
    const found = await started(file, [...args, ...listen], /vkey="?([^\s"]+)[\s\S]*msg=listening/);
    [url, key] = [`http://127.0.0.1:${port}`, found[1] ?? ''];
  });

  test('cosigns a log of bundles, its continuation, and no other history', async () => {
    const files = filesIn(path.join(folder, 'log'));
    const policy = policyText({
      key: vkey(ORIGIN, ED25519, LOG),
      base: BASE,
      witnesses: [{ key, url }],
    });
    await makeLog(files, policy, LOG);
    const gateway = new FakeGateway();
    const errors: string[] = [];
    const io = { ...plainIo(fetch, []), err: (line: string) => void errors.push(line) };
    for (const [to, now] of [
      [BASE + 2, BASE],
      [BASE + 6, BASE + 4],
    ] as const) {
      gateway.offer(BASE, to);
      gateway.signAll();
      const rows = [...gateway.rows].map(([sequence, { bundle, signature, proof }]) => {
        if (signature === null) throw new Error('not signed');
        return { sequence, bundle, signature, proof };
      });
      const rules = { secret: LOG, now: now * DAY, ahead: 2, agreed: true };
      for (const { sequence, proof = null } of (await logBundles(files, rows, rules, io)).proofs) {
        const row = gateway.rows.get(sequence);
        if (row !== undefined) row.proof = proof;
      }
      gateway.verify(to, parsePolicy(policy));
    }
    expect(errors).toEqual([]);
    const { entries } = await readLog(files);
    expect(entries).toHaveLength(7);
    const forged = entries.with(3, bundleOf(BASE + 3));
    const offer = async (history: readonly Bytes[], oldSize: number): Promise<number> => {
      const proof = consistencyProof(oldSize, history.map(leafHash));
      const checkpoint = checkpointOf(history, { witnesses: [] });
      const body = formatAddCheckpoint({ oldSize, proof, checkpoint });
      return (await fetch(`${url}/add-checkpoint`, { method: 'POST', body })).status;
    };
    expect([409, 422]).toContain(await offer(forged, 7)); // the C2SP text says 409 since 2026
    expect(await offer(forged, 3)).toBe(409);
    expect(await offer([...forged, bundleOf(BASE + 7)], 7)).toBe(422);
    expect(await offer([...entries, bundleOf(BASE + 7)], 7)).toBe(200);
    expect(readFileSync(path.join(folder, 'log/checkpoint'), 'utf8')).toContain(`— ${NAME} `);
  });
});
