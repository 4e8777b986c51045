import path from 'node:path';

const propertySeed = Number(process.env['PROPERTY_SEED'] ?? '20261126');
if (!Number.isInteger(propertySeed))
  throw new Error('PROPERTY_SEED: must be an integer. Unset it or correct it.');

/** How long a poll of a test waits for its event. Vitest's second is too short on a busy machine. */
export const POLL_MS = 60_000;

/** What every project of tests has: property tests take their values from one seed, and polls wait long enough. */
export const seededProperties = {
  expect: { poll: { timeout: POLL_MS } },
  setupFiles: [path.join(import.meta.dirname, 'property-seed.ts')],
  provide: { propertySeed },
};
