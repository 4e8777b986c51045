import type { Hpke } from './hpke.ts';
import { NOBLE_AES_128_GCM, NOBLE_HKDF_SHA256, NOBLE_ML_KEM_768, NOBLE_X25519 } from './parts/noble-parts.ts';
import { dhkemX25519 } from './parts/x25519.ts';
import { xWing } from './parts/x-wing.ts';

/**
 * HPKE for browser clients, in JavaScript alone, with AES-128-GCM only: the suite that a bundle names uses it.
 * Leaving out ChaCha20-Poly1305 saves 3 KB of download, gzipped.
 */
export function clientHpke(): Hpke {
  return {
    kems: [xWing(NOBLE_X25519, NOBLE_ML_KEM_768), dhkemX25519(NOBLE_X25519, NOBLE_HKDF_SHA256)],
    kdfs: [NOBLE_HKDF_SHA256],
    aeads: [NOBLE_AES_128_GCM],
  };
}
