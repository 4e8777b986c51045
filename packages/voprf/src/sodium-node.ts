import sodium from 'libsodium-wrappers-sumo';
import type { Sodium } from './sodium.ts';

/** Loads libsodium where WebAssembly may be compiled at run time: Node, browsers. */
export async function loadSodium(): Promise<Sodium> {
  await sodium.ready;
  return (sodium as unknown as { readonly libsodium: Sodium }).libsodium;
}
