import type { Bytes } from '@sotto/wire';
import type { MaybePromise, VoprfSuiteId } from './voprf.ts';

/** A secret scalar, ready to multiply by. Only this touches a secret, so only this must not leak one. */
export interface Secret<E> {
  /** The scalar times the generator. */
  publicElement(): MaybePromise<E>;
  /** The scalar times an element other than the identity. */
  multiply(element: E): MaybePromise<E>;
}

/**
 * The prime-order group of a suite (RFC 9497 §2.1): what differs from one way of doing its arithmetic
 * to another. Scalars are Ns bytes below n, as SerializeScalar writes them; E is a decoded element.
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
  /** Whether the bytes are Ns bytes and below n; zero is one. */
  isScalar(bytes: Bytes): boolean;
  /** 48 or 72 uniform bytes (wide enough that the bias is below 2^-128), to a scalar. */
  reduce(wide: Bytes): Bytes;
  /** r - c * k, of which r and k are secret. */
  respond(r: Bytes, c: Bytes, k: Bytes): Bytes;
  /** The inverses of secret scalars other than zero. */
  invert(scalars: readonly Bytes[]): Bytes[];

  /** Loads a secret scalar other than zero. */
  load(scalar: Bytes): MaybePromise<Secret<E>>;
  /** Multiplies by a secret scalar that is used this once. */
  multiplyOnce(element: E, scalar: Bytes): E;
  /** The scalar times the generator, for keys. */
  publicOf(scalar: Bytes): E;
  /** The sum of scalar times element, all of them public. Null when it is the identity. */
  combine(scalars: readonly Bytes[], elements: readonly E[]): E | null;
}
