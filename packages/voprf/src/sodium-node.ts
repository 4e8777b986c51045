import * as sodium from 'libsodium-wrappers-sumo';
import type { RawSodium, Sodium } from './sodium.ts';

/** Loads libsodium on platforms that compile WebAssembly at run time: Node and browsers. */
export async function loadSodium(): Promise<Sodium> {
  await sodium.ready;
  const { libsodium } = sodium as unknown as { readonly libsodium: RawSodium };
  return { raw: libsodium, libsodiumSums: Number.POSITIVE_INFINITY };
}
