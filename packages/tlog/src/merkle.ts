import { sha256 } from '@noble/hashes/sha2.js';
import { concat, EMPTY, equalBytes, type Bytes } from '@sotto/wire';

/** The bytes of every hash here: SHA-256. */
export const HASH_LENGTH = 32;

/** The most hashes of one proof: the height of the largest tree. */
export const MOST_HASHES = 63;

/** MTH of one entry (RFC 9162 §2.1.1): SHA-256(0x00 || entry), 32 bytes. */
export function leafHash(entry: Bytes): Bytes {
  return hash(Uint8Array.of(0), entry);
}

/** The hash of an inner node (RFC 9162 §2.1.1): SHA-256(0x01 || left || right), 32 bytes. */
export function nodeHash(left: Bytes, right: Bytes): Bytes {
  return hash(Uint8Array.of(1), left, right);
}

function hash(...parts: readonly Bytes[]): Bytes {
  return new Uint8Array(sha256(concat(...parts)));
}

/**
 * The Merkle tree hash over leaf hashes (RFC 9162 §2.1.1).
 *
 * @param leaves - leaf hashes of 32 bytes, in order; none give the hash of no bytes
 * @returns 32 bytes
 */
export function rootHash(leaves: readonly Bytes[]): Bytes {
  const [only] = leaves;
  if (only === undefined) return hash(EMPTY);
  if (leaves.length === 1) return only;
  const k = split(leaves.length);
  return nodeHash(rootHash(leaves.slice(0, k)), rootHash(leaves.slice(k)));
}

/**
 * PATH(m, D_n): the inclusion proof of leaf `index` in a tree of these leaves (RFC 9162 §2.1.3.1).
 *
 * @returns hashes of 32 bytes, from the sibling of the leaf up
 */
export function inclusionProof(index: number, leaves: readonly Bytes[]): Bytes[] {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return index < k
    ? [...inclusionProof(index, left), rootHash(right)]
    : [...inclusionProof(index - k, right), rootHash(left)];
}

/**
 * PROOF(m, D_n): that the tree of the first `size` leaves is a beginning of the tree of all (RFC 9162 §2.1.4.1).
 *
 * @returns hashes of 32 bytes; none when `size` is 0 or all leaves
 */
export function consistencyProof(size: number, leaves: readonly Bytes[]): Bytes[] {
  return size === 0 ? [] : subproof(size, leaves, true);
}

function subproof(size: number, leaves: readonly Bytes[], whole: boolean): Bytes[] {
  if (size === leaves.length) return whole ? [] : [rootHash(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return size <= k
    ? [...subproof(size, left, whole), rootHash(right)]
    : [...subproof(size - k, right, false), rootHash(left)];
}

/** The largest power of two below n, for n of at least 2. */
export function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Whether a path leads from a leaf to a root (RFC 9162 §2.1.3.2). All hashes are of 32 bytes. */
export function verifyInclusion(
  leaf: Bytes,
  index: number,
  size: number,
  path: readonly Bytes[],
  root: Bytes,
): boolean {
  if (index >= size || !allHashes([leaf, root, ...path])) return false;
  let fn = index;
  let sn = size - 1;
  let r = leaf;
  for (const p of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      r = nodeHash(r, p);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && equalBytes(r, root);
}

/** Whether a tree with root `oldRoot` is the beginning of one with root `newRoot` (RFC 9162 §2.1.4.2). */
export function verifyConsistency(
  oldSize: number,
  newSize: number,
  proof: readonly Bytes[],
  oldRoot: Bytes,
  newRoot: Bytes,
): boolean {
  if (oldSize > newSize || !allHashes([oldRoot, newRoot, ...proof])) return false;
  if (oldSize === newSize) return proof.length === 0 && equalBytes(oldRoot, newRoot);
  if (oldSize === 0) return proof.length === 0 && equalBytes(oldRoot, rootHash([]));
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : [...proof];
  const [first, ...rest] = path;
  if (first === undefined || proof.length === 0) return false;
  let fn = oldSize - 1;
  let sn = newSize - 1;
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  let [fr, sr] = [first, first];
  for (const c of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(c, fr);
      sr = nodeHash(c, sr);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      sr = nodeHash(sr, c);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && equalBytes(fr, oldRoot) && equalBytes(sr, newRoot);
}

/** A right shift by one that holds above 2^31. */
function half(n: number): number {
  return Math.floor(n / 2);
}

function isPowerOfTwo(n: number): boolean {
  return 2 ** Math.floor(Math.log2(n)) === n;
}

function allHashes(hashes: readonly Bytes[]): boolean {
  return hashes.length <= MOST_HASHES + 2 && hashes.every((each) => each.length === HASH_LENGTH);
}
