import {
  decodeEntryBundle,
  ED25519,
  entryPaths,
  formatCheckpoint,
  formatNote,
  leafHash,
  logFiles,
  parseCheckpoint,
  parsePolicy,
  rootHash,
  signCheckpoint,
  verifierKeyOf,
  type Checkpoint,
  type Policy,
} from '@sotto/tlog';
import { equalBytes, fromUtf8, ProtocolError, utf8, type Bytes } from '@sotto/wire';
import { Failure } from '../command.ts';
import type { LogFiles } from './files.ts';

/** The checkpoint that everyone is shown: a quorum cosigned it. */
const CHECKPOINT = 'checkpoint';
/** The checkpoint that the log signed last. Its entries are logged, though perhaps no witness has seen them. */
const PENDING = 'pending';
const POLICY = 'policy';
const TILE = 256;

/** A log as its folder has it. */
export interface Log {
  readonly policy: Policy;
  /** The epoch of the first entry. */
  readonly base: number;
  readonly entries: readonly Bytes[];
  /** The newest checkpoint that the log signed, over all entries. */
  readonly signed: string;
  /** The size of the checkpoint that everyone is shown. */
  readonly published: number;
}

const damaged = (what: string): Failure =>
  new Failure(
    `The log is damaged: ${what}. Restore the whole folder from a backup, and never sign without it.`,
  );

/**
 * Makes a log without entries, or nothing. The checkpoint is written last: without it the folder is no log.
 *
 * @returns what removes it again
 */
export async function makeLog(files: LogFiles, policy: string, secret: Bytes): Promise<() => Promise<void>> {
  const { name } = originOf(parsePolicy(policy));
  if ((await files.read(CHECKPOINT)) !== null) {
    throw new Failure('The folder has a log already. Name a new folder: a log is never replaced.');
  }
  const note = utf8(signedHead({ origin: name, size: 0, root: rootHash([]) }, secret));
  const undo = async (): Promise<void> => {
    for (const file of [CHECKPOINT, PENDING, POLICY]) await files.remove(file);
  };
  try {
    await files.write(POLICY, utf8(policy));
    await files.write(PENDING, note);
    await files.write(CHECKPOINT, note);
    return undo;
  } catch (error) {
    await undo().catch(() => {});
    throw error;
  }
}

/** Reads a log and checks that its entries are those of its newest checkpoint. @throws {Failure} if they are not */
export async function readLog(files: LogFiles): Promise<Log> {
  const text = async (name: string): Promise<string> => {
    const bytes = await files.read(name);
    if (bytes === null) throw damaged(`it has no ${name}`);
    return fromUtf8(bytes);
  };
  const policy = readPolicy(await text(POLICY));
  const [shown, pending] = [await text(CHECKPOINT), await text(PENDING)];
  const [published, head] = [headOf(CHECKPOINT, shown), headOf(PENDING, pending)];
  const { name } = originOf(policy);
  if (head.origin !== name || published.origin !== name) throw damaged('a checkpoint is of another log');
  if (published.size > head.size) throw damaged('its newest checkpoint is missing');
  const entries = await readEntries(files, head.size);
  const leaves = entries.map(leafHash);
  const isWhole =
    equalBytes(rootHash(leaves), head.root) &&
    equalBytes(rootHash(leaves.slice(0, published.size)), published.root);
  if (!isWhole) throw damaged('its entries are not those of its checkpoints');
  return { policy, base: policy.base ?? 0, entries, signed: pending, published: published.size };
}

/** The key of the only log in a policy. */
export function originOf({ logs, base }: Policy): Policy['logs'][number]['key'] {
  const [log] = logs;
  if (log === undefined || logs.length !== 1 || base === null) {
    throw new Failure('The policy of a log must name that log alone, and its base.');
  }
  return log.key;
}

function readPolicy(text: string): Policy {
  try {
    return parsePolicy(text);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Failure(`The policy of the log is not a policy file: ${error.message}. Correct it.`);
  }
}

function headOf(name: string, text: string): Checkpoint {
  try {
    return parseCheckpoint(text).checkpoint;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw damaged(`${name} is not a checkpoint`);
  }
}

async function readEntries(files: LogFiles, size: number): Promise<Bytes[]> {
  const entries: Bytes[] = [];
  for (const name of entryPaths(size)) {
    const bytes = await files.read(name);
    if (bytes === null) throw damaged(`it has no ${name}`);
    try {
      entries.push(...decodeEntryBundle(bytes));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw damaged(`${name} is cut`);
    }
  }
  return entries;
}

/**
 * Logs entries: writes them, and only then signs the checkpoint that has them. After a crash in between, the next call
 * may log other entries, because nothing that was signed has them.
 *
 * @param secret - the log's Ed25519 seed, 32 bytes
 * @throws {Failure} if it is the key of another log
 */
export async function appendEntries(
  files: LogFiles,
  log: Log,
  added: readonly Bytes[],
  secret: Bytes,
): Promise<Log> {
  const key = originOf(log.policy);
  if (!equalBytes(verifierKeyOf(key.name, ED25519, secret).publicKey, key.publicKey)) {
    throw new Failure('The secret is not that of this log. Pass the file that sotto log init wrote for it.');
  }
  if (added.length === 0) return log;
  const entries = [...log.entries, ...added];
  const before = new Set(logFiles(log.entries).map(({ path }) => path));
  for (const { path, bytes } of logFiles(entries)) {
    if (!before.has(path)) await files.write(path, bytes);
  }
  const root = rootHash(entries.map(leafHash));
  const signed = signedHead({ origin: key.name, size: entries.length, root }, secret);
  await files.write(PENDING, utf8(signed));
  return { ...log, entries, signed };
}

function signedHead(head: Checkpoint, secret: Bytes): string {
  return formatNote({ text: formatCheckpoint(head), signatures: [signCheckpoint(head, secret)] });
}

/** Shows everyone the newest checkpoint, now that a quorum cosigned it. Tiles that no shown checkpoint needs are removed. */
export async function publishCheckpoint(files: LogFiles, log: Log, cosigned: string): Promise<Log> {
  await files.write(CHECKPOINT, utf8(cosigned));
  for (const name of superseded(log.published)) await files.remove(name);
  return { ...log, published: log.entries.length };
}

/** The partial tiles that are shorter than those of the last checkpoint that was shown: full or longer ones have their entries. */
function superseded(published: number): string[] {
  const first = Math.max(1, published - (published % TILE) - TILE + 1);
  const sizes = Array.from({ length: Math.max(0, published - first) }, (_, i) => first + i);
  return sizes
    .filter((size) => size % TILE !== 0)
    .flatMap((size) => {
      const entries = entryPaths(size).at(-1) ?? '';
      return [entries, entries.replace('entries', '0')];
    });
}
