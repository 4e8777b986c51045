import type { Bytes, Random } from '@sotto/wire';

/** The suites of RFC 9497 §4 that are implemented, by their identifiers. */
export type VoprfSuiteId = 'ristretto255-SHA512' | 'P384-SHA384';

/** Sizes in bytes (RFC 9497 §4): Ne of an element, Ns of a scalar, Nh of an output. */
export const VOPRF_SIZES: Readonly<
  Record<VoprfSuiteId, { readonly Ne: number; readonly Ns: number; readonly Nh: number }>
> = {
  'ristretto255-SHA512': { Ne: 32, Ns: 32, Nh: 64 },
  'P384-SHA384': { Ne: 49, Ns: 48, Nh: 48 },
};

/** A server's key pair. */
export interface VoprfKeyPair {
  readonly secretKey: Bytes; // Ns bytes, 1..n-1
  readonly publicKey: Bytes; // Ne bytes
}

/** One input with its blind, and the server's evaluation of it. */
export interface VoprfItem {
  readonly input: Bytes; // at most 2^16 - 1 bytes
  readonly blind: Bytes; // Ns bytes
  readonly blindedElement: Bytes; // Ne bytes
  readonly evaluatedElement: Bytes; // Ne bytes
}

/** Implementations may be synchronous or not; callers await the result. */
export type MaybePromise<T> = T | Promise<T>;

/** How an implementation makes its proofs, and when a client's part of it pauses. */
export interface VoprfOptions {
  /**
   * How the nonce r of a proof is made (RFC 9497 §2.2.1). `hedged`, the default: a hash of random bytes, the secret key
   * and the batch, so that repeated randomness does not reveal the key. `given`: from `random` alone, as test vectors
   * require.
   */
  readonly proofNonce?: 'hedged' | 'given';
  /**
   * Awaited by `blind` and `finalize` between elements and sums, at most some milliseconds of work apart, so that a page
   * can render frames. Default: no pause.
   */
  readonly pause?: () => MaybePromise<void>;
}

/** A client's part of a suite of RFC 9497 in VOPRF mode. */
export interface VoprfClient {
  readonly suite: VoprfSuiteId;
  readonly Ne: number;
  readonly Ns: number;
  readonly Nh: number;

  /**
   * Blinds one input (RFC 9497 §3.3.2, Blind). Takes one scalar from `random`: 1.5 * Ns bytes, as in all methods
   * here.
   *
   * @throws {VoprfError} `bad-input`, `bad-random`
   */
  blind(input: Bytes, random: Random): Promise<{ blind: Bytes; blindedElement: Bytes }>;

  /**
   * Verifies the proof over the whole batch, then unblinds it (RFC 9497 §3.3.2, Finalize).
   *
   * @param proof - 2 * Ns bytes
   * @returns one output of Nh bytes for each input, in the same order
   * @throws {VoprfError} `proof-failed`, `bad-element`, `empty-batch`, `batch-too-large`, `bad-scalar`, `bad-input`
   */
  finalize(publicKey: Bytes, items: readonly VoprfItem[], proof: Bytes): MaybePromise<Bytes[]>;

  /** Whether the bytes are a canonical element: Ne bytes, in the group, not the identity. */
  isElement(bytes: Bytes): boolean;
}

/** One suite of RFC 9497 in VOPRF mode. Entry files choose its implementation. */
export interface Voprf extends VoprfClient {
  /**
   * A new key pair. Takes one scalar from `random`.
   *
   * @throws {VoprfError} `bad-random`
   */
  generateKeyPair(random: Random): Promise<VoprfKeyPair>;

  /** The public key of a secret key. @throws {VoprfError} `bad-scalar` unless it is Ns bytes in 1..n-1 */
  publicKey(secretKey: Bytes): Promise<Bytes>;

  /**
   * Evaluates a batch under one proof (RFC 9497 §3.3.2, BlindEvaluate). Takes one scalar from `random`.
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
   * The output of an input, computed with the secret key (RFC 9497 §3.3.2, Evaluate).
   *
   * @returns Nh bytes
   * @throws {VoprfError} `bad-scalar`, `bad-input`
   */
  evaluate(secretKey: Bytes, input: Bytes): MaybePromise<Bytes>;
}
