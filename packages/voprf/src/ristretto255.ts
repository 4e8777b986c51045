import { ristretto255Group } from './noble-group.ts';
import { createVoprf } from './protocol.ts';
import type { Voprf } from './voprf.ts';

/** ristretto255-SHA512 in pure JavaScript without P-384, which saves 8 KB of download, gzipped. */
export const ristretto255Voprf = (): Voprf => createVoprf(ristretto255Group());
