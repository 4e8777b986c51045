import { concat, uint, utf8, vector, type Bytes, type Random } from '@sotto/wire';
import type { Secret } from './group.ts';
import { challenge, combine, weights } from './proof.ts';
import { encode, randomScalar, type EncodedElement, type Suite } from './suite.ts';

/** A secret key that is ready for use. */
export interface LoadedKey<E> {
  readonly scalar: Bytes; // Ns bytes
  readonly secret: Secret<E>;
  readonly publicKey: EncodedElement<E>;
}

/** GenerateProof (RFC 9497 §2.2.1), with ComputeCompositesFast: a proof of 2 * Ns bytes that D is k times C. */
export async function generateProof<E>(
  suite: Suite<E>,
  k: LoadedKey<E>,
  C: readonly EncodedElement<E>[],
  D: readonly EncodedElement<E>[],
  random: Random,
): Promise<Bytes> {
  const { group } = suite;
  const B = k.publicKey;
  const M = combine(suite, weights(suite, B.bytes, C, D), C);
  const Z = encode(group, await k.secret.multiply(M.element));
  const isHedged = suite.proofNonce === 'hedged';
  const r = randomScalar(suite, isHedged ? hedged(suite, k.scalar, [B, M, Z], random) : random);
  const secretR = await group.load(r);
  const t2 = encode(group, await secretR.publicElement());
  const t3 = encode(group, await secretR.multiply(M.element));
  const c = challenge(suite, B, M, Z, t2, t3);
  return concat(c, group.respond(r, c, k.scalar));
}

const HEDGED = utf8('Sotto hedged nonce');

/**
 * Random bytes mixed with the secret key and the statement to prove, of which M and Z depend on the whole batch. If
 * `random` repeats itself, nonces of different statements still differ, and they cannot be computed without the key.
 */
function hedged<E>(
  { group }: Suite<E>,
  k: Bytes,
  statement: readonly EncodedElement<E>[],
  random: Random,
): Random {
  return (length) => {
    const fresh = random(length);
    const seed = concat(vector(2, fresh), k, ...statement.map(({ bytes }) => bytes), HEDGED);
    const blocks: Bytes[] = [];
    for (let bytes = 0, i = 0; bytes < fresh.length; i++) {
      const block = group.hash(concat(uint(1, i), seed));
      blocks.push(block);
      bytes += block.length;
    }
    return concat(...blocks).slice(0, fresh.length); // its length differs from the requested one when `random` is broken
  };
}
