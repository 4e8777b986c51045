import type { Bytes } from '@sotto/wire';
import { equalBytes } from '@sotto/wire';
import { HASH_LENGTH, MOST_HASHES, nodeHash, rootHash, split } from './merkle.ts';

/** Leaves `start` to `end` of a tree: `start` is a multiple of a power of two that is at least `end - start`. */
export interface Subtree {
  readonly start: number;
  readonly end: number;
}

/**
 * SUBTREE_PROOF(start, end, D_n): that a subtree is part of the tree of these leaves
 * (draft-ietf-plants-merkle-tree-certs §4.4).
 *
 * @param leaves - leaf hashes of 32 bytes, of the whole tree
 */
export function subtreeProof({ start, end }: Subtree, leaves: readonly Bytes[]): Bytes[] {
  return subproof(start, end, leaves, true);
}

function subproof(start: number, end: number, leaves: readonly Bytes[], known: boolean): Bytes[] {
  if (start === 0 && end === leaves.length) return known ? [] : [rootHash(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  if (end <= k) return [...subproof(start, end, left, known), rootHash(right)];
  if (k <= start) return [...subproof(start - k, end - k, right, known), rootHash(left)];
  return [...subproof(0, end - k, right, false), rootHash(left)];
}

/**
 * Whether a subtree with this hash is part of a tree with this size and root.
 *
 * @param hash - the Merkle tree hash of the leaves from `start` to `end`: 32 bytes
 */
export function verifySubtree(
  { start, end }: Subtree,
  size: number,
  proof: readonly Bytes[],
  hash: Bytes,
  root: Bytes,
): boolean {
  const isSubtree = start < end && end <= size && start % powerFrom(end - start) === 0;
  if (!isSubtree || proof.length > MOST_HASHES) return false;
  if (![hash, root, ...proof].every((each) => each.length === HASH_LENGTH)) return false;
  const rest = [...proof];
  const hashes = recompute({ start, end }, size, hash, () => rest.shift() ?? null);
  if (hashes === null || rest.length > 0) return false;
  return equalBytes(hashes.subtree, hash) && equalBytes(hashes.tree, root);
}

interface Hashes {
  readonly subtree: Bytes;
  readonly tree: Bytes;
}

/** The hashes of both trees that follow from a proof. Null when it is too short. */
function recompute(
  { start, end }: Subtree,
  size: number,
  known: Bytes | null,
  next: () => Bytes | null,
): Hashes | null {
  if (start === 0 && end === size) {
    const hash = known ?? next();
    return hash === null ? null : { subtree: hash, tree: hash };
  }
  const k = split(size);
  const isLeft = end <= k;
  const isRight = k <= start;
  const inner = isLeft
    ? recompute({ start, end }, k, known, next)
    : recompute({ start: Math.max(0, start - k), end: end - k }, size - k, isRight ? known : null, next);
  const sibling = inner === null ? null : next();
  if (inner === null || sibling === null) return null;
  if (isLeft) return { subtree: inner.subtree, tree: nodeHash(inner.tree, sibling) };
  const tree = nodeHash(sibling, inner.tree);
  return { subtree: isRight ? inner.subtree : nodeHash(sibling, inner.subtree), tree };
}

/** The smallest power of two that is at least n. */
function powerFrom(n: number): number {
  let power = 1;
  while (power < n) power *= 2;
  return power;
}
