import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { nobleEd25519Verify } from '@sotto/bundle';
import {
  COSIGNATURE,
  ED25519,
  formatVerifierKey,
  isSignedBy,
  parseCheckpoint,
  parsePolicy,
  parseVerifierKey,
  splitViewCost,
  verifierKeyOf,
  type Policy,
  type VerifierKey,
} from '@sotto/tlog';
import { equalBytes, ProtocolError } from '@sotto/wire';
import { Failure } from '../command.ts';
import type { Settings } from '../config.ts';
import { bytesOfText } from '../fetching.ts';
import { readLog } from '../log/directory.ts';
import { filesIn } from '../log/files.ts';
import { logFolderOf, logSecretOf } from '../log/new-log.ts';
import type { Given, OperatorFolder } from './folder.ts';

/** The log that an operator's folder belongs to. */
export interface CheckedLog {
  /** The policy, or why there is none. */
  readonly policy: Policy | string;
  /** The policy file, relative to the operator's folder or absolute. */
  readonly file: string;
  /** The folder of the log, where it is on this machine. */
  readonly folder: string | null;
  /** The file with its secret, where it is on this machine. */
  readonly secret: string | null;
}

/** The log of a folder, found by its policy or beside it, where `sotto init b` puts it. Null if it has none. */
export async function checkedLog(folder: OperatorFolder, settings: Settings): Promise<CheckedLog | null> {
  const at = logFolderOf(settings.dir);
  const beside = folder.services.has('gateway') && existsSync(at) ? at : null;
  const own = beside === null ? null : path.join(beside, 'policy');
  const text = settings.policy ?? (own === null ? null : await readFile(own, 'utf8').catch(() => ''));
  if (text === null && !folder.services.has('witness')) return null;
  const secret = logSecretOf(settings.dir);
  return {
    policy: text === null ? 'is missing: sotto init a writes it' : policyOf(text),
    file: settings.policy === undefined && own !== null ? own : 'policy',
    folder: beside,
    secret: beside !== null && existsSync(secret) ? secret : null,
  };
}

function policyOf(text: string): Policy | string {
  try {
    return parsePolicy(text);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return `is not a policy: ${error.message}. Correct that line, or copy the file again`;
  }
}

/** What is wrong with the policy, and with the witness of the folder by it. */
export function policyFaults(
  { policy, file }: CheckedLog,
  folder: OperatorFolder,
  { root }: Settings,
): string[] {
  if (typeof policy === 'string') return [`${file} ${policy}`];
  const [log] = policy.logs;
  if (log === undefined || policy.logs.length > 1 || policy.base === null)
    return [
      `${file} must name one log, and have the comment "# sotto base=N" with the epoch of its first entry`,
    ];
  const faults: string[] = [];
  if (policy.witnesses.length === 0)
    faults.push(`${file} names no witness. Put the policy of operator A there (sotto init a --witness)`);
  else if (splitViewCost(policy.quorum) === 0)
    faults.push(
      `${file}: its quorum is met without any witness in common, so nobody has to lie for two histories. Require more than half of the witnesses`,
    );
  const silent = policy.witnesses.filter(({ url }) => url === null).map(({ key }) => key.name);
  if (silent.length > 0)
    faults.push(
      `${file}: ${silent.join(', ')} has no address, so sotto bundle sign --log cannot ask it. Add its URL to the line`,
    );
  const witness = folder.services.get('witness');
  return witness === undefined
    ? faults
    : [...faults, ...witnessFaults(witness, { policy, file, log: log.key, root })];
}

interface Expected {
  readonly policy: Policy;
  readonly file: string;
  readonly log: VerifierKey;
  readonly root: string | undefined;
}

/** The key with which the witness of a folder cosigns; null when its name or key cannot be read. */
export function witnessKeyOf(given: Given): VerifierKey | null {
  const secret = bytesOfText(given.get('WITNESS_KEY')?.value ?? '');
  try {
    if (secret?.length === 32)
      return verifierKeyOf(given.get('WITNESS_NAME')?.value ?? '', COSIGNATURE, secret);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  return null;
}

function witnessFaults(given: Given, { policy, file, log, root }: Expected): string[] {
  const faults: string[] = [];
  const own = witnessKeyOf(given);
  const isNamed = own !== null && policy.witnesses.some(({ key }) => isSameKey(key, own));
  if (own !== null && !isNamed)
    faults.push(
      `${file} does not name the witness ${formatVerifierKey(own)}, which WITNESS_NAME and WITNESS_KEY give: no client counts its cosignatures. Restore both, or put this key into the policy before its release`,
    );
  const row = rowsOf(given.get('LOGS')?.value).find(({ key }) => key.name === log.name);
  if (row === undefined)
    return [
      ...faults,
      `LOGS of the witness has no log ${log.name}, which is the one of ${file}: it refuses its checkpoints. Add the row`,
    ];
  if (!isSameKey(row.key, log))
    faults.push(
      `LOGS of the witness has another key for ${log.name} than ${file}: it refuses every checkpoint. Use ${formatVerifierKey(log)}`,
    );
  if (row.base !== undefined && row.base !== policy.base)
    faults.push(
      `LOGS of the witness has base ${JSON.stringify(row.base)}, and ${file} has ${String(policy.base)}: the mirror refuses every entry. Use that of the policy`,
    );
  if (row.roots !== undefined && root !== undefined && !row.roots.includes(root))
    faults.push(
      'LOGS of the witness lacks the root of client.json: the mirror refuses every entry. Add it to roots',
    );
  return faults;
}

const isSameKey = (a: VerifierKey, b: VerifierKey): boolean =>
  a.name === b.name && a.type === b.type && equalBytes(a.publicKey, b.publicKey);

interface LogRow {
  readonly key: VerifierKey;
  readonly base?: unknown;
  readonly roots?: readonly unknown[];
}

/** The rows of LOGS whose key can be read; the witness reports the others when it starts. */
function rowsOf(text = ''): LogRow[] {
  try {
    const rows = JSON.parse(text) as readonly {
      readonly key: string;
      readonly base?: unknown;
      readonly roots?: unknown;
    }[];
    return rows.map(({ key, base, roots }) => ({
      key: parseVerifierKey(key),
      base,
      ...(Array.isArray(roots) && { roots: roots as readonly unknown[] }),
    }));
  } catch {
    return []; // the row of the variables reports it
  }
}

/** What is wrong with the folder of a log and its secret. */
export async function logFaults({ policy, folder, secret }: CheckedLog): Promise<string[]> {
  if (folder === null || typeof policy === 'string') return [];
  const key = policy.logs[0]?.key;
  if (key === undefined) return [];
  const faults: string[] = [];
  if (secret !== null && !(await isSecretOf(secret, key)))
    faults.push(
      `${secret} is not the secret of the log ${key.name} in its policy. Restore the file that was made with it`,
    );
  try {
    const { signed } = await readLog(filesIn(folder));
    if (!isOf(signed, key))
      faults.push(
        `the log was signed by another key than its policy has for ${key.name}. Restore its own policy: with another key it is another log`,
      );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    faults.push(error.message);
  }
  return faults;
}

async function isSecretOf(file: string, { name, publicKey }: VerifierKey): Promise<boolean> {
  const secret = bytesOfText(await readFile(file, 'utf8').catch(() => ''));
  return secret?.length === 32 && equalBytes(verifierKeyOf(name, ED25519, secret).publicKey, publicKey);
}

/** Whether a key signed a checkpoint. */
export function isOf(signed: string, key: VerifierKey): boolean {
  try {
    return isSignedBy(parseCheckpoint(signed).note, key, nobleEd25519Verify) === true;
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}
