import type { Bytes } from '@sotto/wire';
import type { EncodedElement } from './suite.ts';
import type { MaybePromise, VoprfSuiteId } from './voprf.ts';

/** A loaded secret scalar. Implementations must not leak it by timing. */
export interface Secret<E> {
  /** The scalar times the generator. */
  publicElement(): MaybePromise<E>;
  /** The scalar times an element other than the identity. */
  multiply(element: E): MaybePromise<E>;
}

/**
 * The prime-order group of a suite (RFC 9497 §2.1), in one implementation. Scalars are Ns bytes below n, in the form of
 * SerializeScalar; E is a decoded element.
 */
export interface Group<E> {
  readonly suite: VoprfSuiteId;
  readonly generator: E;

  hash(message: Bytes): Bytes;
  /** Null when the message maps to the identity. */
  hashToGroup(message: Bytes, dst: Bytes): E | null;
  hashToScalar(message: Bytes, dst: Bytes): Bytes;

  serialize(element: E): Bytes;
  /** Null unless the bytes are Ne bytes, canonical and not the identity. */
  deserialize(bytes: Bytes): E | null;
  /** Whether the bytes are Ns bytes and below n. Zero is allowed. */
  isScalar(bytes: Bytes): boolean;
  /** Reduces 1.5 * Ns uniform bytes to a scalar with a bias below 2^-128. */
  reduce(wide: Bytes): Bytes;
  /** r - c * k, of which r and k are secret. */
  respond(r: Bytes, c: Bytes, k: Bytes): Bytes;
  /** The inverses of secret scalars other than zero. */
  invert(scalars: readonly Bytes[]): Bytes[];

  /** Loads a secret scalar other than zero. */
  load(scalar: Bytes): MaybePromise<Secret<E>>;
  /**
   * Elements other than the identity, each times its own secret scalar. `pause` is awaited before each product. Only
   * groups have it in which a batch costs less than its products.
   */
  multiplyEach?(
    scalars: readonly Bytes[],
    elements: readonly E[],
    pause: () => MaybePromise<void>,
  ): Promise<EncodedElement<E>[]>;
  /** The sum of scalar times element. All are public, so it may take variable time. Null when it is the identity. */
  combine(scalars: readonly Bytes[], elements: readonly E[]): E | null;
}
