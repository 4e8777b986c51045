import { sha256 } from '@noble/hashes/sha2.js';
import { concat, hex, Reader, utf8, vector, type Bytes } from '@sotto/wire';
import { TlogError } from './error.ts';
import { HASH_LENGTH, leafHash, rootHash } from './merkle.ts';

/** The hashes of a full tile. */
const TILE = 256;

/** A log's path below the monitoring prefix of a mirror (C2SP tlog-mirror): SHA-256 of its origin, 64 hexadecimal digits. */
export const logFolder = (origin: string): string => hex(new Uint8Array(sha256(utf8(origin))));

/** One static file of a log: its path below the log's prefix, and its bytes. */
export interface LogFile {
  readonly path: string;
  readonly bytes: Bytes;
}

/** Entry `n` as three-digit path elements, all but the last with an `x`: 1234067 is `x001/x234/067`. */
function tileIndex(n: number): string {
  const digits = String(n);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? [];
  return groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join('/');
}

function tilePath(level: string, n: number, width: number): string {
  return `tile/${level}/${tileIndex(n)}${width === TILE ? '' : `.p/${width}`}`;
}

/** One tile of a log, as its path names it. */
export interface TileName {
  /** The level of the hashes: 0 for leaf hashes; `entries` for an entry bundle. */
  readonly level: number | 'entries';
  readonly n: number;
  /** 1 to 256 hashes or entries. */
  readonly width: number;
}

/** Reads the path of a tile below the log's prefix: `tile/0/x001/067.p/8`. Null for any other path. */
export function parseTilePath(path: string): TileName | null {
  const pattern = /^tile\/(entries|[0-5])\/((?:x[0-9]{3}\/){0,4}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;
  const [, level = '', index = '', partial] = pattern.exec(path) ?? [];
  const n = Number(index.replaceAll(/[x/]/g, ''));
  const width = Number(partial ?? TILE);
  const name = level === 'entries' ? level : Number(level);
  if (index === '' || tileIndex(n) !== index || (partial !== undefined && width >= TILE)) return null;
  return { level: name, n, width };
}

/** The hashes of one tile over all leaf hashes of a log. Null when the log does not have it. */
export function tileHashes({ level, n, width }: TileName, leaves: readonly Bytes[]): Bytes[] | null {
  if (level === 'entries') return null;
  const span = TILE ** level;
  const end = (n * TILE + width) * span;
  if (end > leaves.length) return null;
  return Array.from({ length: width }, (_, i) => {
    const start = (n * TILE + i) * span;
    return rootHash(leaves.slice(start, start + span));
  });
}

/** The paths of the entry bundles of a log of `size` entries, in order. */
export function entryPaths(size: number): string[] {
  return ranges(size).map(([start, end]) => tilePath('entries', start / TILE, end - start));
}

function ranges(size: number): [start: number, end: number][] {
  return Array.from({ length: Math.ceil(size / TILE) }, (_, n) => [n * TILE, Math.min(size, (n + 1) * TILE)]);
}

/**
 * The files that a log of these entries serves besides its checkpoint (C2SP tlog-tiles): entry bundles, and the
 * tiles of each level.
 *
 * @param entries - each at most 65,535 bytes
 */
export function logFiles(entries: readonly Bytes[]): LogFile[] {
  const bundles = ranges(entries.length).map(([start, end]) => ({
    path: tilePath('entries', start / TILE, end - start),
    bytes: concat(...entries.slice(start, end).map((entry) => vector(2, entry))),
  }));
  return [...bundles, ...tiles(entries.map(leafHash), 0)];
}

function tiles(hashes: readonly Bytes[], level: number): LogFile[] {
  if (hashes.length === 0) return [];
  const own = ranges(hashes.length).map(([start, end]) => ({
    path: tilePath(String(level), start / TILE, end - start),
    bytes: concat(...hashes.slice(start, end)),
  }));
  const full = Array.from({ length: Math.floor(hashes.length / TILE) }, (_, n) =>
    rootHash(hashes.slice(n * TILE, (n + 1) * TILE)),
  );
  return [...own, ...tiles(full, level + 1)];
}

/** Reads the entries of one entry bundle. @throws {TlogError} `malformed-tile` when it is cut */
export function decodeEntryBundle(bytes: Bytes): Bytes[] {
  const r = new Reader(bytes);
  const entries: Bytes[] = [];
  try {
    while (r.remaining > 0) entries.push(r.vector(2, 'entry').rest());
  } catch {
    throw new TlogError('malformed-tile', 'an entry bundle that ends inside an entry');
  }
  return entries;
}

/** Reads the hashes of one tile. @throws {TlogError} `malformed-tile` unless it is 1 to 256 hashes of 32 bytes */
export function decodeTile(bytes: Bytes): Bytes[] {
  const count = bytes.length / HASH_LENGTH;
  if (!Number.isInteger(count) || count < 1 || count > TILE) {
    throw new TlogError('malformed-tile', 'a tile is 1 to 256 hashes of 32 bytes');
  }
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * HASH_LENGTH, (i + 1) * HASH_LENGTH));
}
