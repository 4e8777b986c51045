import { nobleEd25519Verify } from '@sotto/bundle';
import { HttpError } from '@sotto/http';
import {
  cosign,
  formatSignature,
  isSignedBy,
  parseAddCheckpoint,
  parseCheckpoint,
  rootHash,
  SIZE_TYPE,
  TlogError,
  verifyConsistency,
  type AddCheckpoint,
  type SignedCheckpoint,
} from '@sotto/tlog';
import { equalBytes, type UnixSeconds } from '@sotto/wire';
import type { Config, WitnessedLog } from './config.ts';
import type { Head, WitnessStore } from './ports.ts';

export interface CheckpointDeps {
  readonly config: Pick<Config, 'logs' | 'name' | 'secret' | 'isMirror'>;
  readonly store: WitnessStore;
  readonly now: () => UnixSeconds;
}

/** The head of a log without an accepted checkpoint. */
const EMPTY_HEAD: Pick<Head, 'size' | 'root'> = { size: 0, root: rootHash([]) };

/**
 * `add-checkpoint` of C2SP tlog-witness: accepts a checkpoint that continues the one before, and cosigns it.
 *
 * A mirror cosigns when it has the entries, not here.
 *
 * @throws {HttpError} `bad-request`, `not-found`, `forbidden`, `unprocessable-content`
 */
export async function addCheckpoint(deps: CheckpointDeps, body: string): Promise<Response> {
  const { store, config } = deps;
  const request = read(() => parseAddCheckpoint(body));
  const signed = read(() => parseCheckpoint(request.checkpoint));
  const { origin, size, root } = signed.checkpoint;
  const log = config.logs.get(origin);
  if (log === undefined) throw new HttpError('not-found');
  requireSignature(signed, log);
  if (request.oldSize > size) throw new HttpError('bad-request');
  const before = (await store.accepted(origin)) ?? EMPTY_HEAD;
  if (request.oldSize !== before.size) return conflict(before.size);
  if (size === before.size && !equalBytes(root, before.root)) return conflict(before.size);
  if (!isConsistent(request, signed, before)) throw new HttpError('unprocessable-content');
  const isAccepted = await store.accept(origin, before.size, { size, root, note: request.checkpoint });
  if (!isAccepted) return conflict((await store.accepted(origin))?.size ?? 0);
  return textResponse(config.isMirror ? '' : cosignature(deps, signed));
}

/** The line by which this witness cosigns a checkpoint. */
export function cosignature({ config, now }: CheckpointDeps, { note }: SignedCheckpoint): string {
  return formatSignature(cosign(note.text, config.name, config.secret, now()));
}

/** A response of the C2SP protocols. */
export function textResponse(text: string, status = 200, type = 'text/plain; charset=utf-8'): Response {
  return new Response(text, { status, headers: { 'content-type': type, 'cache-control': 'no-store' } });
}

/** Says which size was accepted last: the log continues from there. */
const conflict = (size: number): Response => textResponse(`${size}\n`, 409, SIZE_TYPE);

function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (cause instanceof TlogError) throw new HttpError('bad-request', { cause });
    throw cause;
  }
}

function requireSignature({ note }: SignedCheckpoint, { key }: WitnessedLog): void {
  try {
    if (isSignedBy(note, key, nobleEd25519Verify) === true) return;
  } catch (cause) {
    if (!(cause instanceof TlogError)) throw cause;
  }
  throw new HttpError('forbidden');
}

function isConsistent(
  { oldSize, proof }: AddCheckpoint,
  { checkpoint: { size, root } }: SignedCheckpoint,
  before: Pick<Head, 'root'>,
): boolean {
  return verifyConsistency(oldSize, size, proof, before.root, root);
}
