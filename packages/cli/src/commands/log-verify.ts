import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { nobleEd25519Verify } from '@sotto/bundle';
import {
  isSignedBy,
  parseCheckpoint,
  parseProof,
  splitViewCost,
  type Checkpoint,
  type Policy,
} from '@sotto/tlog';
import { equalBytes, ProtocolError } from '@sotto/wire';
import { noMore } from '../arguments.ts';
import { command, Failure, UsageError } from '../command.ts';
import type { Io, Status } from '../io.ts';
import { POLICY, readPolicy } from '../log/policy.ts';

/** What two checkpoints of a log say together. */
const FINDINGS = {
  fork: [1, 'two histories: the log signed two trees of one size'],
  same: [0, 'no contradiction: both are the same tree'],
  open: [3, 'undecided: the log has to show that the larger tree contains the smaller one'],
} as const satisfies Record<string, readonly [Status, string]>;

/** `sotto log verify`. */
export const logVerify = command({
  name: 'log verify',
  synopsis: 'NOTE NOTE',
  summary: 'check whether two notes prove that a log has two histories',
  details:
    'Each file has a signed checkpoint, or a proof that ends in one, such as sotto log monitor keeps. Exit status 1 if they prove\nit, 3 if their sizes differ.',
  options: { policy: POLICY },
  examples: [
    ['log verify --policy policy seen/fork-1-1.note seen/fork-1-2.note', 'verifies the evidence of a fork'],
  ],
  run: async ({ values, words: [first, second, ...rest] }, io) => {
    noMore(rest);
    if (first === undefined || second === undefined) throw new UsageError('name two files with notes');
    const policy = await readPolicy(values.policy, io);
    const [a, b] = [await headIn(first, policy, io), await headIn(second, policy, io)];
    const finding = a.size !== b.size ? 'open' : equalBytes(a.root, b.root) ? 'same' : 'fork';
    const [status, text] = FINDINGS[finding];
    io.out(values.json === true ? JSON.stringify({ finding }) : text);
    io.err(`sotto: two histories of this log need ${splitViewCost(policy.quorum)} witnesses that lie`);
    return status;
  },
});

/** The checkpoint in a file. @throws {Failure} unless a log of the policy signed it */
async function headIn(file: string, { logs }: Policy, io: Io): Promise<Checkpoint> {
  const text = await readFile(path.resolve(io.cwd, file), 'utf8').catch(() => null);
  if (text === null) throw new Failure(`Cannot read ${file}. Check its name.`);
  try {
    const note = text.startsWith('c2sp.org/tlog-proof@v1\n') ? parseProof(text).checkpoint : text;
    const signed = parseCheckpoint(note);
    const isSigned = logs.some(
      ({ key }) =>
        key.name === signed.checkpoint.origin && isSignedBy(signed.note, key, nobleEd25519Verify) === true,
    );
    if (isSigned) return signed.checkpoint;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  throw new Failure(`${file} is not a checkpoint that a log of the policy signed.`);
}
