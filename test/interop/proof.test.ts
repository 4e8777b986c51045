import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ED25519 } from '@sotto/tlog';
import { hex, type Bytes } from '@sotto/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOG, ORIGIN, proofOf, seed, vkey, WITNESSES } from '../support/bundle-log.ts';

const isMissing = spawnSync('go', ['version']).status !== 0;
const folder = mkdtempSync(path.join(tmpdir(), 'sotto-go-proof-'));
const program = path.join(folder, 'verify-proof');
const SIGNERS = [0, 1, 2];
const keys = [
  vkey(ORIGIN, ED25519, LOG),
  ...SIGNERS.map((i) => `${WITNESSES[i]?.name}=${hex(WITNESSES[i]?.secret ?? seed(0))}`),
];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the Go program says of a proof. */
function verdict(entry: Bytes, proof: string, given: readonly string[] = keys): string {
  const [entryFile, proofFile] = ['entry', 'proof'].map((name) => path.join(folder, name)) as [
    string,
    string,
  ];
  writeFileSync(entryFile, entry);
  writeFileSync(proofFile, proof);
  return spawnSync(program, [entryFile, proofFile, ...given], { encoding: 'utf8' }).stdout.trim();
}

describe.skipIf(isMissing)('proofs in Go, by golang.org/x/mod and torchwood (needs go)', () => {
  beforeAll(() => {
    const source = path.join(folder, 'source');
    cpSync(path.join(import.meta.dirname, 'verify-proof'), source, { recursive: true });
    const env = { ...process.env, GOFLAGS: '-mod=mod' };
    execFileSync('go', ['build', '-o', program, '.'], { cwd: source, env, stdio: 'inherit' });
  });

  const entryOf = (i: number): Bytes => new Uint8Array(40).fill(i % 251);

  test.each([1, 2, 7, 256, 365])(
    'accepts ours for the first, a middle and the last of %i entries',
    (size) => {
      const entries = Array.from({ length: size }, (_, i) => entryOf(i));
      for (const index of new Set([0, size >> 1, size - 1]))
        expect(verdict(entryOf(index), proofOf(entries, index))).toBe('accepted');
    },
  );

  test('refuses what we refuse: another entry, index, log key, witness, path or signature', () => {
    const entries = Array.from({ length: 7 }, (_, i) => entryOf(i));
    const proof = proofOf(entries, 3);
    const [log = '', first = '', second = '', third = ''] = keys;
    const other = vkey(ORIGIN, ED25519, seed(9));
    const refusals = [
      verdict(entryOf(4), proof),
      verdict(entryOf(3), proof.replace('index 3', 'index 2')),
      verdict(entryOf(3), proof, [other, first, second, third]),
      verdict(entryOf(3), proof, [log, first, second, `x.example=${hex(seed(9))}`]),
      verdict(entryOf(3), proof.replace(/\n[^\n]{44}\n/, '\n')),
      verdict(entryOf(3), proof.replace('\n7\n', '\n8\n')),
      verdict(entryOf(3), proofOf(entries, 3, { witnesses: [0, 1] })),
    ];
    expect(refusals.filter((text) => !text.startsWith('refused: '))).toEqual([]);
  });
});
