import type { Bytes, Random } from '@sotto/wire';

export type VoprfSuiteId = 'ristretto255-SHA512' | 'P384-SHA384';

/** Sizes in bytes (RFC 9497 §4): Ne of an element, Ns of a scalar, Nh of an output. */
export const VOPRF_SIZES: Readonly<
  Record<VoprfSuiteId, { readonly Ne: number; readonly Ns: number; readonly Nh: number }>
> = {
  'ristretto255-SHA512': { Ne: 32, Ns: 32, Nh: 64 },
  'P384-SHA384': { Ne: 49, Ns: 48, Nh: 48 },
};

export interface VoprfKeyPair {
  readonly secretKey: Bytes; // Ns bytes, 1..n-1
  readonly publicKey: Bytes; // Ne bytes
}

/** What a client kept of one blinded input, and what the server made of it. */
export interface VoprfItem {
  readonly input: Bytes; // at most 2^16 - 1 bytes
  readonly blind: Bytes; // Ns bytes
  readonly blindedElement: Bytes; // Ne bytes
  readonly evaluatedElement: Bytes; // Ne bytes
}

/** An implementation answers at once or later; callers await either. */
export type MaybePromise<T> = T | Promise<T>;

/** One suite of RFC 9497 in VOPRF mode. Its arithmetic is chosen in an entry file. */
export interface Voprf {
  readonly suite: VoprfSuiteId;
  readonly Ne: number;
  readonly Ns: number;
  readonly Nh: number;

  /**
   * A fresh key pair. Draws one scalar from `random`: 1.5 * Ns bytes, as everything here that draws one.
   *
   * @throws {VoprfError} `bad-random`
   */
  generateKeyPair(random: Random): VoprfKeyPair;

  /** @throws {VoprfError} `bad-scalar` unless the secret key is Ns bytes in 1..n-1 */
  publicKey(secretKey: Bytes): Bytes;

  /**
   * Blinds one input (RFC 9497 §3.3.2, Blind). Draws one scalar from `random`.
   *
   * @throws {VoprfError} `bad-input`, `bad-random`
   */
  blind(input: Bytes, random: Random): { blind: Bytes; blindedElement: Bytes };

  /**
   * Evaluates a batch under one proof (RFC 9497 §3.3.2, BlindEvaluate). Draws one scalar from `random`.
   *
   * @param blindedElements - one or more, Ne bytes each
   * @returns as many elements in the same order, and a proof of 2 * Ns bytes
   * @throws {VoprfError} `empty-batch`, `batch-too-large`, `bad-element`, `bad-scalar`, `key-mismatch`, `bad-random`
   */
  blindEvaluate(
    key: VoprfKeyPair,
    blindedElements: readonly Bytes[],
    random: Random,
  ): MaybePromise<{ evaluatedElements: Bytes[]; proof: Bytes }>;

  /**
   * Verifies the proof over the whole batch, then unblinds it (RFC 9497 §3.3.2, Finalize).
   *
   * @param proof - 2 * Ns bytes
   * @returns as many outputs of Nh bytes, in the same order
   * @throws {VoprfError} `proof-failed`, `bad-element`, `empty-batch`, `batch-too-large`, `bad-scalar`, `bad-input`
   */
  finalize(publicKey: Bytes, items: readonly VoprfItem[], proof: Bytes): MaybePromise<Bytes[]>;

  /**
   * The output that a client would end with, from the secret key alone (RFC 9497 §3.3.2, Evaluate).
   *
   * @returns Nh bytes
   * @throws {VoprfError} `bad-scalar`, `bad-input`
   */
  evaluate(secretKey: Bytes, input: Bytes): MaybePromise<Bytes>;

  /** Whether the bytes are one canonical element: Ne bytes, in the group, not the identity. */
  isElement(bytes: Bytes): boolean;
}
