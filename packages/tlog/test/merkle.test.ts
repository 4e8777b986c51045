import { describe, expect, test } from 'vitest';
import { EMPTY, fromHex, hex, type Bytes } from '@sotto/wire';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  rootHash,
  verifyConsistency,
  verifyInclusion,
} from '@sotto/tlog';

/** The eight entries and the roots of the reference tree that implementations of RFC 6962 share. */
const ENTRIES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map(fromHex);
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const MOST = 40;
const leaves = Array.from({ length: MOST }, (_, i) => leafHash(ENTRIES[i] ?? Uint8Array.of(i, 7)));
const roots = Array.from({ length: MOST + 1 }, (_, size) => rootHash(leaves.slice(0, size)));
const root = (size: number): Bytes => roots[size] ?? EMPTY;
const leafAt = (index: number): Bytes => leaves[index] ?? EMPTY;

/** A path with one hash more, one less, each bit string changed, and two hashes exchanged. */
function damaged(path: readonly Bytes[]): Bytes[][] {
  const flipped = path.map((hash, at) => {
    const other = hash.slice();
    other[at % 32] = (other[at % 32] ?? 0) ^ 0x10;
    return path.with(at, other);
  });
  const shorter = path.map((_, at) => path.toSpliced(at, 1));
  const longer = [
    [root(1), ...path],
    [...path, root(1)],
  ];
  const cut = path.map((hash, at) => path.with(at, hash.subarray(0, 31)));
  return [...flipped, ...shorter, ...longer, ...cut];
}

test('roots of 0 to 8 entries are those of the reference tree of RFC 6962', () => {
  expect(roots.slice(0, ROOTS.length).map(hex)).toEqual(ROOTS);
});

describe('inclusion proofs', () => {
  const cases = Array.from({ length: MOST }, (_, size) =>
    Array.from({ length: size }, (__, index) => ({
      index,
      size,
      path: inclusionProof(index, leaves.slice(0, size)),
    })),
  ).flat();

  test('every entry of every tree of 1 to 39 entries is proved', () => {
    for (const { index, size, path } of cases) {
      expect(verifyInclusion(leafAt(index), index, size, path, root(size))).toBe(true);
    }
  });

  test('another index, size, leaf or root, or a damaged path, proves nothing', () => {
    for (const { index, size, path } of cases) {
      const leaf = leafAt(index);
      const wrong: boolean[] = [
        verifyInclusion(leaf, size, size, path, root(size)),
        verifyInclusion(leaf, index, size, path, root(size - 1)),
        verifyInclusion(leafAt((index + 1) % MOST), index, size, path, root(size)),
        ...damaged(path).map((other) => verifyInclusion(leaf, index, size, other, root(size))),
      ];
      if (size > 1) wrong.push(verifyInclusion(leaf, (index + 1) % size, size, path, root(size)));
      expect(wrong).not.toContain(true);
    }
  });

  test('a tree of 2^40 entries is walked without 32-bit arithmetic', () => {
    const size = 2 ** 40;
    const path = Array.from({ length: 40 }, (_, i) => leafAt(i % MOST));
    expect(verifyInclusion(leafAt(0), size - 1, size, path, root(1))).toBe(false);
    expect(verifyInclusion(leafAt(0), size, size, path, root(1))).toBe(false);
  });
});

describe('consistency proofs', () => {
  const cases = Array.from({ length: MOST }, (_, size) =>
    Array.from({ length: size + 1 }, (__, old) => ({
      old,
      size,
      proof: consistencyProof(old, leaves.slice(0, size)),
    })),
  ).flat();

  test('every beginning of every tree of 0 to 39 entries is proved', () => {
    for (const { old, size, proof } of cases) {
      expect([old, size, verifyConsistency(old, size, proof, root(old), root(size))]).toEqual([
        old,
        size,
        true,
      ]);
    }
  });

  test('another root, a smaller tree or a damaged proof proves nothing', () => {
    for (const { old, size, proof } of cases.filter((each) => each.old > 0)) {
      const wrong = [
        verifyConsistency(old, size, proof, root(old - 1), root(size)),
        verifyConsistency(old, size, proof, root(old), root(size + 1)),
        verifyConsistency(size + 1, size, proof, root(size + 1), root(size)),
        ...damaged(proof).map((other) => verifyConsistency(old, size, other, root(old), root(size))),
      ];
      expect([old, size, wrong]).toEqual([old, size, wrong.map(() => false)]);
    }
  });
});
