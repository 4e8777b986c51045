import { createVoprf } from '../src/protocol.ts';
import { webcryptoX25519 } from '../src/x25519.ts';
import { x25519Group } from '../src/x25519-group.ts';
import type { Voprf, VoprfOptions } from '../src/voprf.ts';

/** A server and a client over the group of `ristretto255Voprf`, which is a client alone. */
export const x25519Voprf = (options: VoprfOptions): Voprf =>
  createVoprf(x25519Group(webcryptoX25519(crypto.subtle)), options);
