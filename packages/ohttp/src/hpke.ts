import type { Bytes, Random } from '@sotto/wire';

/** Implementations may be synchronous or not; callers await the result. */
export type MaybePromise<T> = T | Promise<T>;

/** What HKDF-Expand is asked for (RFC 5869 §2.3). */
export interface Output {
  readonly info: Bytes;
  readonly L: number; // bytes, at most 255 * Nh
}

/** The bytes of each output, in the same order. */
export type OutputBytes<T extends readonly Output[]> = { readonly [I in keyof T]: Bytes };

/** An extract-and-expand KDF (RFC 9180 §4). RFC 9458 §4.4 needs both functions. */
export interface Kdf {
  readonly id: number;
  readonly Nh: number; // bytes of a PRK
  extract(salt: Bytes, ikm: Bytes): MaybePromise<Bytes>;
  /** @throws {WireError} `out-of-range` when L is over 255 * Nh */
  expand(prk: Bytes, info: Bytes, L: number): MaybePromise<Bytes>;
  /**
   * Extract, then Expand for each output, as one step: work that depends only on the PRK is done once, and the caller
   * waits once.
   *
   * @throws {WireError} as `expand`
   */
  derive<T extends readonly Output[]>(salt: Bytes, ikm: Bytes, outputs: T): MaybePromise<OutputBytes<T>>;
}

/** A loaded AEAD key, for one nonce or many. */
export interface AeadKey {
  seal(nonce: Bytes, aad: Bytes, pt: Bytes): MaybePromise<Bytes>;
  /** @throws {OhttpError} `open-failed` */
  open(nonce: Bytes, aad: Bytes, ct: Bytes): MaybePromise<Bytes>;
}

/** An AEAD (RFC 9180 §7.3). */
export interface Aead {
  readonly id: number;
  readonly Nk: number; // bytes of a key
  readonly Nn: number; // bytes of a nonce
  readonly Nt: number; // bytes of a tag
  load(key: Bytes): MaybePromise<AeadKey>;
}

/** A private key that its KEM has loaded: not extractable where the platform supports that. */
export interface KemPrivateKey {
  readonly publicKey: Bytes; // Npk bytes
}

/** A key encapsulation mechanism (RFC 9180 §4). */
export interface Kem {
  readonly id: number;
  readonly Nsecret: number; // bytes of a shared secret
  readonly Nenc: number; // bytes of an encapsulated key
  readonly Npk: number; // bytes of a public key
  readonly Nsk: number; // bytes of a private key
  /** A new key pair from Nsk random bytes. */
  generate(random: Random): MaybePromise<{ privateKey: Bytes; publicKey: Bytes }>;
  /** @throws {OhttpError} `bad-key` when it is not Nsk bytes */
  load(privateKey: Bytes): MaybePromise<KemPrivateKey>;
  /** Encapsulates a new shared secret. @throws {OhttpError} `bad-key` when the public key is not valid */
  encap(publicKey: Bytes, random: Random): MaybePromise<{ sharedSecret: Bytes; enc: Bytes }>;
  /** @throws {OhttpError} `open-failed` */
  decap(enc: Bytes, key: KemPrivateKey): MaybePromise<Bytes>;
}

/** The HPKE port: the algorithms of one implementation. An entry file chooses the implementation. */
export interface Hpke {
  readonly kems: readonly Kem[];
  readonly kdfs: readonly Kdf[];
  readonly aeads: readonly Aead[];
}

/** KEM identifiers (RFC 9180 §7.1 and the IANA registry of HPKE). */
export const KEM = { X25519: 0x0020, X_WING: 0x647a } as const;
/** KDF identifiers (RFC 9180 §7.2). */
export const KDF = { HKDF_SHA256: 0x0001 } as const;
/** AEAD identifiers (RFC 9180 §7.3). */
export const AEAD = { AES_128_GCM: 0x0001, CHACHA20_POLY1305: 0x0003 } as const;
