import { base64, concat, Reader, uint, utf8, vector, type Bytes } from '@sotto/wire';
import { TlogError } from './error.ts';
import { leafHash, MOST_HASHES } from './merkle.ts';
import { subtreeProof, type Subtree } from './subtree.ts';
import { readBase64, readDecimal } from './text.ts';

/** The media type of what a mirror tells with 202 and 409 (C2SP tlog-mirror). */
export const MIRROR_INFO_TYPE = 'text/x.tlog.mirror-info';

/** The entries of a full package. */
const PACKAGE = 256;

/** What precedes the packages in the body of `POST /add-entries` (C2SP tlog-mirror). */
export interface UploadHeader {
  readonly origin: string;
  readonly start: number;
  readonly end: number;
  readonly ticket: Bytes;
}

/** One package of an upload: the entries from `start` to `end`, and the subtree that its proof is for. */
export interface PackageRange extends Subtree {
  /** The first entry that the package carries; those between the subtree's start and it were sent before. */
  readonly first: number;
}

/** The packages of an upload, in order. */
export function packageRanges({ start, end }: Pick<UploadHeader, 'start' | 'end'>): PackageRange[] {
  if (start >= end) return [];
  const from = start - (start % PACKAGE);
  return Array.from({ length: Math.ceil((end - from) / PACKAGE) }, (_, i) => ({
    start: from + i * PACKAGE,
    first: Math.max(start, from + i * PACKAGE),
    end: Math.min(end, from + (i + 1) * PACKAGE),
  }));
}

/** Encodes the header of an upload. @throws {WireError} `out-of-range` for an origin or a ticket of 65,536 bytes */
export function encodeUploadHeader({ origin, start, end, ticket }: UploadHeader): Bytes {
  return concat(vector(2, utf8(origin)), uint(8, start), uint(8, end), vector(2, ticket));
}

/**
 * Encodes one package.
 *
 * @param entries - all entries of the log up to the end of the upload, each at most 65,535 bytes
 */
export function encodePackage({ first, start, end }: PackageRange, entries: readonly Bytes[]): Bytes {
  const proof = subtreeProof({ start, end }, entries.map(leafHash));
  return concat(
    ...entries.slice(first, end).map((entry) => vector(2, entry)),
    uint(1, proof.length),
    ...proof,
  );
}

/** How far a mirror is. */
export interface MirrorInfo {
  /** The size of a checkpoint up to which it takes entries. */
  readonly size: number;
  /** The first entry that it lacks. */
  readonly next: number;
  readonly ticket: Bytes;
}

/** Writes the body of a 202 or 409 of a mirror. */
export function formatMirrorInfo({ size, next, ticket }: MirrorInfo): string {
  return `${size}\n${next}\n${base64(ticket)}\n`;
}

/** Reads the body of a 202 or 409 of a mirror. @throws {TlogError} `malformed-request` */
export function parseMirrorInfo(text: string): MirrorInfo {
  const [sizeText = '', nextText = '', ticketText = '', ...rest] = text.split('\n');
  const [size, next, ticket] = [readDecimal(sizeText), readDecimal(nextText), readBase64(ticketText)];
  const isWhole = rest.length === 1 && rest[0] === '';
  if (size === null || next === null || ticket === null || !isWhole) {
    throw new TlogError('malformed-request', 'not a size, an index and a ticket');
  }
  return { size, next, ticket };
}

/** The number of hashes of a package's proof. @throws {TlogError} `malformed-request` above 63 */
export function proofLength(byte: Bytes): number {
  const count = new Reader(byte).uint(1, 'num_hashes');
  if (count > MOST_HASHES) throw new TlogError('malformed-request', 'a proof of more than 63 hashes');
  return count;
}
