type Address = number;

/**
 * The functions of libsodium that we use, by their names in its C sources (crypto_core/ed25519/ref10). Arguments are
 * addresses, the first of them the result's. All take a time that does not depend on their input.
 *
 * Points are of 160 bytes: `p3` (X, Y, Z, T), `p1p1`, which is the result of a doubling or an addition, or `cached`, which
 * is the second operand of an addition.
 */
export interface RawSodium {
  readonly memory: { readonly buffer: ArrayBuffer };
  crypto_hash_sha512(hash: Address, message: Address, length: number, lengthHigh: number): number;
  crypto_core_ristretto255_from_hash(encoded: Address, hash: Address): number;
  crypto_core_ristretto255_scalar_reduce(r: Address, wide: Address): void;
  crypto_core_ristretto255_scalar_mul(z: Address, x: Address, y: Address): void;
  crypto_core_ristretto255_scalar_sub(z: Address, x: Address, y: Address): void;
  crypto_core_ristretto255_scalar_invert(recip: Address, s: Address): number;
  /** 0, or -1 unless the 32 bytes are the canonical encoding of an element. */
  ristretto255_frombytes(p3: Address, encoded: Address): number;
  ristretto255_p3_tobytes(encoded: Address, p3: Address): void;
  /** The scalar must be below 2^255. */
  ge25519_scalarmult(p3: Address, scalar: Address, point: Address): void;
  ge25519_scalarmult_base(p3: Address, scalar: Address): void;
  ge25519_p3_to_cached(cached: Address, p3: Address): void;
  ge25519_add_cached(p1p1: Address, p3: Address, cached: Address): void;
  ge25519_sub_cached(p1p1: Address, p3: Address, cached: Address): void;
  ge25519_p2_dbl(p1p1: Address, p3: Address): void;
  ge25519_p1p1_to_p3(p3: Address, p1p1: Address): void;
}

/** libsodium as loaded by a runtime. */
export interface Sodium {
  readonly raw: RawSodium;
}

function refuse(): never {
  throw new Error('libsodium aborted, or wants randomness or more memory, which it does not get');
}

/** Starts libsodium. `sodium_init` is not called: it wants randomness, and ristretto255 needs nothing of what it does. */
export function instantiate(module: WebAssembly.Module): Sodium {
  const imports = { a: { a: refuse, b: refuse, c: refuse, d: refuse } };
  const { exports } = new WebAssembly.Instance(module, imports);
  return { raw: exports as unknown as RawSodium };
}
