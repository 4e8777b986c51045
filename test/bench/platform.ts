/* oxlint-disable no-underscore-dangle -- libsodium's own name */
import type { Hpke } from '@sotto/ohttp';
import type { Voprf } from '@sotto/voprf';
import type { Sodium } from '@sotto/voprf/sodium';
import { fromHex, type Random } from '@sotto/wire';

/** The implementations that the entry files choose for this runtime. */
export interface Platform {
  readonly hpke: Hpke;
  readonly ristretto255: Voprf;
  readonly p384: Voprf;
  readonly random: Random;
  /** One X25519 agreement with both keys given: the minimum cost of an envelope. */
  readonly x25519: () => unknown;
  /**
   * One multiplication of an element by a secret scalar with the platform's primitives: the minimum cost of a
   * token.
   */
  readonly product: { readonly r255: () => unknown; readonly p384: () => unknown };
}

/** Repeatable bytes: 00 01 02 …, so that two implementations can be compared byte for byte. */
export const counting: Random = (length) => {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i + 1) % 251; // a callback for each byte costs 1 µs in an exchange of 90
  return bytes;
};

/** The generator of ristretto255 (RFC 9496 §4), which is an element like any other. */
export const RISTRETTO_ELEMENT = fromHex('e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76');

export function ristrettoProduct({ raw }: Sodium): () => unknown {
  const at = raw._malloc(96);
  raw.HEAPU8.fill(0, at, at + 96);
  raw.HEAPU8.set(counting(31), at + 32);
  raw.HEAPU8.set(RISTRETTO_ELEMENT, at + 64);
  return () => raw._crypto_scalarmult_ristretto255(at, at + 32, at + 64);
}
