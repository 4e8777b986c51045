import { createVoprfClient } from './client.ts';
import { webcryptoX25519, type X25519Subtle } from './x25519.ts';
import { x25519Group } from './x25519-group.ts';
import type { VoprfClient, VoprfOptions } from './voprf.ts';

/**
 * ristretto255-SHA512 for clients, without P-384, which saves 8 KB of download, gzipped. Secret scalars are used by
 * WebCrypto's X25519; in pure JavaScript without `subtle`, or where WebCrypto has no X25519.
 */
export function ristretto255Voprf(subtle?: X25519Subtle, options?: VoprfOptions): VoprfClient {
  return createVoprfClient(x25519Group(webcryptoX25519(subtle)), options);
}
