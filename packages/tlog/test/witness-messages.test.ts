import { describe, expect, test } from 'vitest';
import { EMPTY, Reader, utf8, type Bytes } from '@sotto/wire';
import {
  encodePackage,
  encodeUploadHeader,
  formatAddCheckpoint,
  formatMirrorInfo,
  leafHash,
  logFiles,
  packageRanges,
  parseAddCheckpoint,
  parseMirrorInfo,
  parseTilePath,
  rootHash,
  subtreeProof,
  tileHashes,
  verifySubtree,
} from '@sotto/tlog';

const refused = expect.objectContaining({ name: 'TlogError', code: 'malformed-request' });
const entries = Array.from({ length: 40 }, (_, i) => Uint8Array.of(i, 9));
const leaves = entries.map(leafHash);

/** Every subtree of a tree: its start is a multiple of the power of two that holds it. */
function subtrees(size: number): { start: number; end: number }[] {
  const all: { start: number; end: number }[] = [];
  for (let start = 0; start < size; start++) {
    for (let end = start + 1; end <= size; end++) {
      if (start % 2 ** Math.ceil(Math.log2(end - start)) === 0) all.push({ start, end });
    }
  }
  return all;
}

describe('subtree proofs', () => {
  test('every subtree of every tree up to 40 leaves is accepted', () => {
    for (let size = 1; size <= leaves.length; size++) {
      const tree = leaves.slice(0, size);
      for (const subtree of subtrees(size)) {
        const hash = rootHash(tree.slice(subtree.start, subtree.end));
        expect(verifySubtree(subtree, size, subtreeProof(subtree, tree), hash, rootHash(tree))).toBe(true);
      }
    }
  });

  test('another hash, range, size or root, and a proof with one hash more, less or changed, are refused', () => {
    const root = rootHash(leaves);
    for (const subtree of subtrees(leaves.length).filter(({ start }) => start % 8 === 0)) {
      const proof = subtreeProof(subtree, leaves);
      const hash = rootHash(leaves.slice(subtree.start, subtree.end));
      const check = (change: { proof?: Bytes[]; hash?: Bytes; size?: number; root?: Bytes }): boolean =>
        verifySubtree(
          subtree,
          change.size ?? leaves.length,
          change.proof ?? proof,
          change.hash ?? hash,
          change.root ?? root,
        );
      const other = leafHash(utf8('other'));
      expect(check({ hash: other })).toBe(false);
      expect(check({ root: other })).toBe(false);
      expect(check({ proof: [...proof, other] })).toBe(false);
      for (const [at] of proof.entries()) {
        expect(check({ proof: proof.toSpliced(at, 1) })).toBe(false);
        expect(check({ proof: proof.with(at, other) })).toBe(false);
      }
    }
    const unaligned = { start: 1, end: 3 };
    expect(verifySubtree(unaligned, 4, [], leafHash(EMPTY), root)).toBe(false);
    expect(verifySubtree({ start: 4, end: 4 }, 4, [], leafHash(EMPTY), root)).toBe(false);
    expect(verifySubtree({ start: 0, end: 5 }, 4, [], leafHash(EMPTY), root)).toBe(false);
  });
});

describe('messages to a witness', () => {
  test('a request is read as it was written, up to 63 hashes', () => {
    const request = { oldSize: 7, proof: leaves.slice(0, 3), checkpoint: 'log\n9\nroot\n\n— log sig\n' };
    expect(parseAddCheckpoint(formatAddCheckpoint(request))).toEqual(request);
    const long = { oldSize: 0, proof: Array.from({ length: 63 }, () => leafHash(EMPTY)), checkpoint: 'x' };
    expect(parseAddCheckpoint(formatAddCheckpoint(long))).toEqual(long);
    const tooLong = formatAddCheckpoint({ ...long, proof: [...long.proof, leafHash(EMPTY)] });
    expect(() => parseAddCheckpoint(tooLong)).toThrow(refused);
  });

  test.each([
    '',
    '\n\n',
    'old\n\nx',
    'old -1\n\nx',
    'old 01\n\nx',
    'old 1 \n\nx',
    'Old 1\n\nx',
    'old 1\nAAAA\n\nx',
    'old 1\r\n\r\nx',
    'old 99999999999999999999\n\nx',
    'old 1\n',
  ])('%j is refused', (text) => {
    expect(() => parseAddCheckpoint(text)).toThrow(refused);
  });
});

describe('messages to a mirror', () => {
  test('packages end at multiples of 256 and begin where the upload does', () => {
    expect(packageRanges({ start: 300, end: 700 })).toEqual([
      { start: 256, first: 300, end: 512 },
      { start: 512, first: 512, end: 700 },
    ]);
    expect(packageRanges({ start: 7, end: 7 })).toEqual([]);
  });

  test('header and package have the fields of C2SP tlog-mirror', () => {
    const ticket = Uint8Array.of(1, 2);
    const r = new Reader(encodeUploadHeader({ origin: 'log', start: 2, end: 5, ticket }));
    expect([r.vector(2, 'o').rest(), r.uint(8, 's'), r.uint(8, 'e'), r.vector(2, 't').rest()]).toEqual([
      utf8('log'),
      2,
      5,
      ticket,
    ]);
    const body = new Reader(encodePackage({ start: 0, first: 2, end: 4 }, entries.slice(0, 5)));
    expect([body.vector(2, 'entry').rest(), body.vector(2, 'entry').rest()]).toEqual(entries.slice(2, 4));
    const proof = Array.from({ length: body.uint(1, 'n') }, () => body.opaque(32, 'hash'));
    body.end('package');
    const [hash, root] = [rootHash(leaves.slice(0, 4)), rootHash(leaves.slice(0, 5))];
    expect(verifySubtree({ start: 0, end: 4 }, 5, proof, hash, root)).toBe(true);
  });

  test('the state of a mirror is read as it was written, and other text is refused', () => {
    const info = { size: 9, next: 4, ticket: Uint8Array.of(5) };
    expect(parseMirrorInfo(formatMirrorInfo(info))).toEqual(info);
    for (const text of ['', '9\n', '9\n4\n', '9\n4\n*\n', '9\n4\n\n\n', '9\n04\n\n']) {
      expect(() => parseMirrorInfo(text)).toThrow(refused);
    }
  });
});

describe('tiles', () => {
  const many = Array.from({ length: 600 }, (_, i) => Uint8Array.of(i >> 8, i & 255));
  const hashes = many.map(leafHash);

  test('every file of a log is found by its path', () => {
    const files = logFiles(many).filter(({ path }) => !path.startsWith('tile/entries'));
    expect(files.map(({ path }) => path)).toContain('tile/1/000.p/2');
    for (const { path, bytes } of files) {
      const name = parseTilePath(path);
      const found = name && tileHashes(name, hashes);
      expect(found?.flatMap((hash) => [...hash])).toEqual([...bytes]);
    }
    expect(parseTilePath('tile/entries/x001/234.p/7')).toEqual({ level: 'entries', n: 1234, width: 7 });
  });

  test.each([
    'tile/0/0',
    'tile/0/0000',
    'tile/0/x000/001',
    'tile/0/001/002',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/6/000',
    'tile/data/000',
    'tile/0/000/',
    '../tile/0/000',
  ])('%s names no tile', (path) => {
    expect(parseTilePath(path)).toBeNull();
  });

  test('a tile that reaches beyond the log is not there', () => {
    for (const path of ['tile/0/002.p/89', 'tile/0/003', 'tile/1/000.p/3', 'tile/1/000']) {
      const name = parseTilePath(path);
      expect(name && tileHashes(name, hashes)).toBeNull();
    }
  });
});
