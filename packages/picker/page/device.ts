import type { Device } from '../src/index.ts';

/** The on-device engine, where the catalogue was built; null without one. */
export async function loadDevice(): Promise<Device | null> {
  try {
    const path = '/engine.js';
    const engine = (await import(path)) as { createDevice(): Promise<Device> };
    return await engine.createDevice();
  } catch {
    return null;
  }
}
