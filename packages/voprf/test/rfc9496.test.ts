import { ristretto255_hasher } from '@noble/curves/ed25519.js';
import type { Bytes } from '@sotto/wire';
import { nobleVoprf } from '../src/index.ts';
import { loadSodium } from '../src/sodium-node.ts';
import { sodiumVoprf } from '../src/sodium.ts';
import { rfc9496, rfc9496Map, sodiumMap } from './rfc9496-cases.ts';

const sodium = await loadSodium();

rfc9496('noble', nobleVoprf('ristretto255-SHA512'));
rfc9496('sodium', sodiumVoprf(sodium));
rfc9496Map('noble', (bytes) => ristretto255_hasher.deriveToCurve?.(bytes).toBytes() as Bytes);
rfc9496Map('sodium', sodiumMap(sodium.raw));
