import { equalBytes, type Bytes } from '@sotto/wire';
import { VoprfError } from './error.ts';
import { encode, type EncodedElement, type Suite } from './suite.ts';
import { challengeTranscript, compositeTranscript, seedTranscript } from './transcript.ts';

/**
 * VerifyProof (RFC 9497 §2.2.2).
 *
 * @param B - the public key
 * @throws {VoprfError} `proof-failed`
 */
export async function verifyProof<E>(
  suite: Suite<E>,
  B: EncodedElement<E>,
  C: readonly EncodedElement<E>[],
  D: readonly EncodedElement<E>[],
  proof: Bytes,
): Promise<void> {
  const { group, generator, Ns } = suite;
  const c = proof.subarray(0, Ns);
  const s = proof.subarray(Ns);
  if (!group.isScalar(c) || !group.isScalar(s)) {
    throw new VoprfError('proof-failed', 'the proof is not two scalars');
  }
  const di = weights(suite, B.bytes, C, D);
  await suite.pause();
  const M = combine(suite, di, C);
  await suite.pause();
  const Z = combine(suite, di, D);
  await suite.pause();
  const t2 = combine(suite, [s, c], [generator, B]);
  const t3 = combine(suite, [s, c], [M, Z]);
  if (!equalBytes(c, challenge(suite, B, M, Z, t2, t3))) {
    throw new VoprfError('proof-failed', 'the proof does not verify');
  }
}

/** The weights d_i of ComputeComposites (RFC 9497 §2.2.1). */
export function weights<E>(
  { group, tags }: Suite<E>,
  B: Bytes,
  C: readonly EncodedElement<E>[],
  D: readonly EncodedElement<E>[],
): Bytes[] {
  const seed = group.hash(seedTranscript(B, tags.seed));
  return C.map((Ci, i) => {
    const Di = D[i] as EncodedElement<E>;
    return group.hashToScalar(compositeTranscript(seed, i, Ci.bytes, Di.bytes), tags.hashToScalar);
  });
}

/** The sum of scalar times element, all of them public. The identity cannot be encoded, so no proof has it. */
export function combine<E>(
  { group }: Suite<E>,
  scalars: readonly Bytes[],
  elements: readonly EncodedElement<E>[],
): EncodedElement<E> {
  const sum = group.combine(
    scalars,
    elements.map(({ element }) => element),
  );
  if (sum === null) throw new VoprfError('proof-failed', 'a combination of elements is the identity');
  return encode(group, sum);
}

export function challenge<E>({ group, tags }: Suite<E>, ...elements: readonly EncodedElement<E>[]): Bytes {
  return group.hashToScalar(challengeTranscript(...elements.map(({ bytes }) => bytes)), tags.hashToScalar);
}
