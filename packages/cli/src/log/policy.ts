import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parsePolicy, type Policy } from '@sotto/tlog';
import { ProtocolError } from '@sotto/wire';
import { Failure, UsageError } from '../command.ts';
import type { Io } from '../io.ts';

/** The option that names a policy file. */
export const POLICY = { type: 'string', value: 'FILE', text: 'the policy that clients pin' } as const;

/** A witness as a policy names it: verifier key and address. */
export interface WitnessLine {
  readonly key: string;
  readonly url: string;
}

/** A policy file (C2SP tlog-policy) that every witness has to meet. */
export function policyText({
  key,
  base: first,
  witnesses,
}: {
  readonly key: string;
  readonly base: number;
  readonly witnesses: readonly WitnessLine[];
}): string {
  const names = witnesses.map((_, i) => `w${i + 1}`);
  const lines = witnesses.map(({ key: witness, url }, i) => `witness ${names[i]} ${witness} ${url}`);
  const quorum =
    names.length === 0 ? ['quorum none'] : [`group all-of-them all ${names.join(' ')}`, 'quorum all-of-them'];
  return [`# sotto base=${first}`, `log ${key}`, ...lines, ...quorum, ''].join('\n');
}

/** Reads a policy file. @throws {UsageError} without one @throws {Failure} if it is none */
export async function readPolicy(file: string | undefined, io: Io): Promise<Policy> {
  if (file === undefined) throw new UsageError('--policy is missing');
  const text = await readFile(path.resolve(io.cwd, file), 'utf8').catch(() => null);
  if (text === null) throw new Failure(`Cannot read ${file}. Name the policy file of the log.`);
  try {
    const policy = parsePolicy(text);
    if (policy.base === null || policy.logs.length === 0)
      throw new Failure(`${file} must have a log and a base.`);
    return policy;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Failure(`${file} is not a policy file: ${error.message}.`);
  }
}
