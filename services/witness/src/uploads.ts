import { BundleError, nobleEd25519Verify, readLogEntry } from '@sotto/bundle';
import { HttpError } from '@sotto/http';
import {
  formatMirrorInfo,
  formatNote,
  leafHash,
  MIRROR_INFO_TYPE,
  packageRanges,
  parseCheckpoint,
  parseSignatures,
  proofLength,
  rootHash,
  TlogError,
  verifySubtree,
  type PackageRange,
  type UploadHeader,
} from '@sotto/tlog';
import { EMPTY, fromUtf8, Reader, WireError, type Bytes } from '@sotto/wire';
import type { ByteSource } from './byte-source.ts';
import { cosignature, textResponse, type CheckpointDeps } from './checkpoints.ts';
import type { BundleRules, WitnessedLog } from './config.ts';
import type { Head } from './ports.ts';

const HASH = 32; // bytes
const MAX_PACKAGE = 4 << 20; // bytes of the 256 entries of a package: about three times those of bundles

/** One package of an upload after decoding. */
interface EntryPackage {
  readonly entries: readonly Bytes[];
  readonly proof: readonly Bytes[];
}

/**
 * `add-entries` of C2SP tlog-mirror: takes the entries that the accepted checkpoint covers, package by package, and
 * cosigns the checkpoint when all are stored.
 *
 * @throws {HttpError} `bad-request`, `not-found`, `content-too-large`, `unprocessable-content`, `request-timeout`
 */
export async function addEntries(deps: CheckpointDeps, source: ByteSource): Promise<Response> {
  const { config, store } = deps;
  const header = await readHeader(source);
  const log = config.logs.get(header.origin);
  if (log === undefined) throw new HttpError('not-found');
  if (header.start > header.end) throw new HttpError('bad-request');
  const { origin } = header;
  const [accepted, mirrored] = [await store.accepted(origin), await store.mirrored(origin)];
  let next = await store.count(origin);
  const progress = (status: 202 | 409): Response => {
    const info = { size: accepted?.size ?? 0, next, ticket: EMPTY };
    return textResponse(formatMirrorInfo(info), status, MIRROR_INFO_TYPE);
  };
  const isOfAccepted = accepted !== null && header.end === accepted.size;
  if (!isOfAccepted || header.end < (mirrored?.size ?? 0) || header.start > next) return progress(409);
  if (next < header.end) {
    const before = next;
    for (const range of packageRanges(header)) {
      const found = await readPackage(source, range);
      if (found === null) break;
      await verifyPackage(deps, { log, head: accepted, range, found });
      next = await store.append(origin, range.first, found.entries);
    }
    if (next === before) throw new HttpError('bad-request'); // no whole package came
    if (next < header.end) return progress(202);
  }
  const signed = parseCheckpoint(accepted.note);
  const line = cosignature(deps, signed);
  const own = signed.note.signatures.filter(({ name }) => name === log.key.name);
  const note = formatNote({ text: signed.note.text, signatures: [...own, ...parseSignatures(line)] });
  const isServed = await store.mirror(origin, { ...accepted, note });
  return isServed ? textResponse(line) : progress(409);
}

/** @throws {HttpError} `bad-request` when the body ends inside the header */
async function readHeader(source: ByteSource): Promise<UploadHeader> {
  const origin = await takeVector(source);
  const range = origin === null ? null : await source.take(16);
  const ticket = range === null ? null : await takeVector(source);
  if (origin === null || range === null || ticket === null) throw new HttpError('bad-request');
  const r = new Reader(range);
  try {
    return {
      origin: fromUtf8(origin),
      start: r.uint(8, 'upload_start'),
      end: r.uint(8, 'upload_end'),
      ticket,
    };
  } catch (cause) {
    throw new HttpError('bad-request', { cause });
  }
}

async function takeVector(source: ByteSource): Promise<Bytes | null> {
  const length = await source.take(2);
  return length === null ? null : source.take(new Reader(length).uint(2, 'length'));
}

/** One package; null when the body ends before it does. */
async function readPackage(source: ByteSource, { first, end }: PackageRange): Promise<EntryPackage | null> {
  const entries: Bytes[] = [];
  let bytes = 0;
  for (let index = first; index < end; index++) {
    const entry = await takeVector(source);
    if (entry === null) return null;
    bytes += entry.length;
    if (bytes > MAX_PACKAGE) throw new HttpError('content-too-large');
    entries.push(entry);
  }
  const count = await source.take(1);
  if (count === null) return null;
  const hashes = await source.take(hashesOf(count) * HASH);
  if (hashes === null) return null;
  const r = new Reader(hashes);
  return { entries, proof: Array.from({ length: hashes.length / HASH }, () => r.opaque(HASH, 'hash')) };
}

function hashesOf(count: Bytes): number {
  try {
    return proofLength(count);
  } catch (cause) {
    if (cause instanceof TlogError) throw new HttpError('bad-request', { cause });
    throw cause;
  }
}

interface ReceivedPackage {
  readonly log: WitnessedLog;
  readonly head: Head;
  readonly range: PackageRange;
  readonly found: EntryPackage;
}

/** @throws {HttpError} `unprocessable-content` unless the entries are those of the checkpoint, and what the log is for */
async function verifyPackage(
  { store }: CheckpointDeps,
  { log, head, range, found }: ReceivedPackage,
): Promise<void> {
  const stored = (await store.leaves(log.key.name, range.first)).slice(range.start);
  const hash = rootHash([...stored, ...found.entries.map(leafHash)]);
  const isLogged = verifySubtree(range, head.size, found.proof, hash, head.root);
  if (!isLogged || (log.bundles !== null && !areBundles(found.entries, range.first, log.bundles))) {
    throw new HttpError('unprocessable-content');
  }
}

function areBundles(entries: readonly Bytes[], first: number, { base, roots }: BundleRules): boolean {
  try {
    for (const [i, entry] of entries.entries()) {
      readLogEntry(entry, { epochIndex: base + first + i, roots, ed25519Verify: nobleEd25519Verify });
    }
    return true;
  } catch (error) {
    if (error instanceof BundleError || error instanceof WireError) return false;
    throw error;
  }
}
