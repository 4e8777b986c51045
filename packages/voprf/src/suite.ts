import { equalBytes, type Bytes, type Random } from '@sotto/wire';
import { VoprfError } from './error.ts';
import type { Group } from './group.ts';
import { tags, type Tags } from './transcript.ts';
import { VOPRF_SIZES, type MaybePromise, type VoprfOptions } from './voprf.ts';

const MAX_INPUT = 2 ** 16 - 1; // bytes (RFC 9497 §1.2)
const MAX_BATCH = 2 ** 16 - 1; // elements: the transcript numbers them with I2OSP(i, 2)

/** An element and its one encoding, which the transcripts use. */
export interface EncodedElement<E> {
  readonly bytes: Bytes; // Ne bytes
  readonly element: E;
}

/** A group with everything that follows from its suite. */
export interface Suite<E> {
  readonly group: Group<E>;
  readonly tags: Tags;
  readonly generator: EncodedElement<E>;
  readonly Ne: number; // bytes of an element
  readonly Ns: number; // bytes of a scalar
  readonly Nh: number; // bytes of an output
  readonly proofNonce: 'hedged' | 'given';
  readonly pause: () => MaybePromise<void>;
}

export function suiteOf<E>(
  group: Group<E>,
  { proofNonce = 'hedged', pause = () => {} }: VoprfOptions = {},
): Suite<E> {
  return {
    group,
    tags: tags(group.suite),
    generator: encode(group, group.generator),
    ...VOPRF_SIZES[group.suite],
    proofNonce,
    pause,
  };
}

export function encode<E>(group: Group<E>, element: E): EncodedElement<E> {
  return { bytes: group.serialize(element), element };
}

/** @throws {VoprfError} `bad-element` */
export function decode<E>({ group, Ne }: Suite<E>, bytes: Bytes, field: string): EncodedElement<E> {
  const element = group.deserialize(bytes);
  if (element === null) throw new VoprfError('bad-element', `${field}: not an element of ${Ne} bytes`);
  return { bytes, element };
}

/** @throws {VoprfError} `bad-scalar` unless the bytes are a scalar in 1..n-1 */
export function checkScalar<E>({ group, Ns }: Suite<E>, bytes: Bytes, field: string): void {
  if (!group.isScalar(bytes) || isZero(bytes)) {
    throw new VoprfError('bad-scalar', `${field}: not a scalar of ${Ns} bytes in 1..n-1`);
  }
}

/** @throws {VoprfError} `bad-input` above 2^16 - 1 bytes */
export function checkInput(input: Bytes): void {
  if (input.length > MAX_INPUT) {
    throw new VoprfError('bad-input', `input: ${input.length} bytes, at most ${MAX_INPUT} are allowed`);
  }
}

/** @throws {VoprfError} `empty-batch`, `batch-too-large` */
export function checkBatch(size: number): void {
  if (size === 0) throw new VoprfError('empty-batch', 'a batch needs at least one element');
  if (size > MAX_BATCH) {
    throw new VoprfError('batch-too-large', `${size} elements, at most ${MAX_BATCH} are allowed`);
  }
}

/** HashToGroup of a checked input. @throws {VoprfError} `bad-input` when it is the identity */
export function hashInput<E>({ group, tags: { hashToGroup } }: Suite<E>, input: Bytes): E {
  const element = group.hashToGroup(input, hashToGroup);
  if (element === null) throw new VoprfError('bad-input', 'the input hashes to the identity');
  return element;
}

/**
 * RandomScalar (RFC 9497 §2.1) from 1.5 * Ns bytes: at least 64 bits more than n has.
 *
 * @throws {VoprfError} `bad-random`
 */
export function randomScalar<E>({ group, Ns }: Suite<E>, random: Random): Bytes {
  const wide = random(Ns + Ns / 2);
  if (wide.length !== Ns + Ns / 2) {
    throw new VoprfError('bad-random', `random returned ${wide.length} bytes, not ${Ns + Ns / 2}`);
  }
  const scalar = group.reduce(wide);
  if (isZero(scalar)) throw new VoprfError('bad-random', 'random returned zero');
  return scalar;
}

function isZero(scalar: Bytes): boolean {
  return equalBytes(scalar, new Uint8Array(scalar.length));
}
