import { createDevice, type Engine } from '../src/device.ts';
import type { Device } from '../src/index.ts';

const ENGINE = '/engine.js';

async function get(file: string): Promise<Uint8Array | null> {
  const response = await fetch(`/${file}`);
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${file}: HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Searches the built catalogue that the page's server has. */
export const loadDevice = (): Device =>
  createDevice({ engine: async () => (await import(ENGINE)) as Engine, get });
