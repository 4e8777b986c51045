import type { Bytes, Random } from '@sotto/wire';

/** An implementation answers at once or later; callers await either. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * Expand of one PRK.
 *
 * @param L - bytes to give, at most 255 * Nh
 * @throws {WireError} `out-of-range`
 */
export type Expand = (info: Bytes, L: number) => MaybePromise<Bytes>;

/** RFC 9180 §4: an extract-and-expand KDF. RFC 9458 §4.4 needs both halves. */
export interface Kdf {
  readonly id: number;
  readonly Nh: number; // bytes of a PRK
  extract(salt: Bytes, ikm: Bytes): MaybePromise<Bytes>;
  expand(prk: Bytes, info: Bytes, L: number): MaybePromise<Bytes>;
  /** For a PRK that is expanded more than once: what it alone decides is computed once. */
  expander(prk: Bytes): Expand;
}

/** One key of an AEAD, made ready once and used for one nonce or many. */
export interface AeadKey {
  seal(nonce: Bytes, aad: Bytes, pt: Bytes): MaybePromise<Bytes>;
  /** @throws {OhttpError} `open-failed` */
  open(nonce: Bytes, aad: Bytes, ct: Bytes): MaybePromise<Bytes>;
}

export interface Aead {
  readonly id: number;
  readonly Nk: number; // bytes of a key
  readonly Nn: number; // bytes of a nonce
  readonly Nt: number; // bytes that sealing adds
  load(key: Bytes): MaybePromise<AeadKey>;
}

/** A private key as its KEM holds it: not extractable where the platform has such a thing. */
export interface KemPrivateKey {
  readonly publicKey: Bytes; // Npk bytes
}

export interface Kem {
  readonly id: number;
  readonly Nsecret: number; // bytes of a shared secret
  readonly Nenc: number; // bytes of an encapsulated key
  readonly Npk: number; // bytes of a public key
  readonly Nsk: number; // bytes of a private key
  generate(random: Random): MaybePromise<{ privateKey: Bytes; publicKey: Bytes }>;
  /** @throws {OhttpError} `bad-key` when it is not Nsk bytes */
  load(privateKey: Bytes): MaybePromise<KemPrivateKey>;
  /** @throws {OhttpError} `bad-key` when nothing can be sealed to this public key */
  encap(publicKey: Bytes, random: Random): MaybePromise<{ sharedSecret: Bytes; enc: Bytes }>;
  /** @throws {OhttpError} `open-failed` */
  decap(enc: Bytes, key: KemPrivateKey): MaybePromise<Bytes>;
}

/** The port: what a runtime does HPKE with. An entry file chooses one. */
export interface Hpke {
  readonly kems: readonly Kem[];
  readonly kdfs: readonly Kdf[];
  readonly aeads: readonly Aead[];
}

/** Identifiers of RFC 9180 §7 and the IANA registry of HPKE. */
export const KEM = { X25519: 0x0020, X_WING: 0x647a } as const;
export const KDF = { HKDF_SHA256: 0x0001 } as const;
export const AEAD = { AES_128_GCM: 0x0001, CHACHA20_POLY1305: 0x0003 } as const;
