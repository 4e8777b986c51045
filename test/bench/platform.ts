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

/** As libsodium's crypto_scalarmult_ristretto255 does it: decode, multiply, encode. */
export function ristrettoProduct({ raw }: Sodium): () => unknown {
  const memory = new Uint8Array(raw.memory.buffer);
  const at = memory.length - 0x1_0000; // nothing else is there
  const [scalar, encoded, point, product] = [at, at + 32, at + 64, at + 224];
  memory.set(counting(31), scalar);
  memory.set(RISTRETTO_ELEMENT, encoded);
  return () => {
    raw.ristretto255_frombytes(point, encoded);
    raw.ge25519_scalarmult(product, scalar, point);
    raw.ristretto255_p3_tobytes(product, product);
  };
}
