import { loadSodium } from '../../src/sodium-workerd.ts';
import { sodiumVoprf } from '../../src/sodium.ts';
import { rfc9496, rfc9496Map, sodiumMap } from '../rfc9496-cases.ts';

const sodium = await loadSodium();

rfc9496('sodium in workerd', sodiumVoprf(sodium));
rfc9496Map('sodium in workerd', sodiumMap(sodium.raw));
