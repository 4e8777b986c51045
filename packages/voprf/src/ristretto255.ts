import { ristretto255Group } from './noble-group.ts';
import { createVoprf } from './protocol.ts';
import type { Voprf } from './voprf.ts';

/** ristretto255-SHA512 by noble, without P-384: 8 KB less, gzipped, for a page to download. */
export const ristretto255Voprf = (): Voprf => createVoprf(ristretto255Group());
