import { setTimeout as sleep } from 'node:timers/promises';
import { openMemory } from '@sotto/service/sqlite/file';
import { sqliteStores, WITNESS_FILE } from '../../src/node/stores.ts';
import type { WitnessStore } from '../../src/ports.ts';

/** A store in a database of its own, in memory. */
export function memoryStore(): WitnessStore {
  return sqliteStores(openMemory(WITNESS_FILE), sleep).store;
}
