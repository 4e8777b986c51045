import { clientHpke } from './client.ts';
import type { Hpke } from './hpke.ts';
import { NOBLE_CHACHA20_POLY1305 } from './parts/noble-parts.ts';

/** HPKE in JavaScript alone, for runtimes without `crypto.subtle`, such as React Native. */
export function nobleHpke(): Hpke {
  const hpke = clientHpke();
  return { ...hpke, aeads: [...hpke.aeads, NOBLE_CHACHA20_POLY1305] };
}
