import type { Hpke } from '@sotto/ohttp';
import { hpkeCoreHpke } from '@sotto/ohttp/hpke-core';
import { nobleHpke } from '@sotto/ohttp/noble';
import { nodeHpke } from '@sotto/ohttp/node';
import { webcryptoHpke } from '@sotto/ohttp/webcrypto';

/** Every implementation of the port that runs in Node. */
export const implementations: readonly (readonly [name: string, hpke: Hpke])[] = [
  ['noble', nobleHpke()],
  ['webcrypto', webcryptoHpke(crypto.subtle)],
  ['node', nodeHpke()],
  ['@hpke/core', hpkeCoreHpke()],
];
