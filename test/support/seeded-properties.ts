import path from 'node:path';

const propertySeed = Number(process.env['PROPERTY_SEED'] ?? '20261126');
if (!Number.isInteger(propertySeed))
  throw new Error('PROPERTY_SEED: must be an integer. Unset it or correct it.');

/** What a project with property tests has: each of them draws its values from one seed. */
export const seededProperties = {
  setupFiles: [path.join(import.meta.dirname, 'property-seed.ts')],
  provide: { propertySeed },
};
