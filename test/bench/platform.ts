import type { Hpke } from '@sotto/ohttp';
import type { Voprf } from '@sotto/voprf';
import type { Random } from '@sotto/wire';

/** What the entry files choose for this runtime. */
export interface Platform {
  readonly runtime: 'node' | 'workerd';
  readonly hpke: Hpke;
  readonly ristretto255: Voprf;
  readonly p384: Voprf;
  readonly random: Random;
  /** The bare agreement of X25519, both halves given: the least that an envelope costs. */
  readonly x25519: () => unknown;
}

/** Chance that repeats: 00 01 02 …, so that two implementations can be compared byte for byte. */
export const counting: Random = (length) => Uint8Array.from({ length }, (_, i) => (i + 1) % 251);
