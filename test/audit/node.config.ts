import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { seededProperties } from '../support/seeded-properties.ts';
import { extractLibsodium } from '../../packages/voprf/scripts/libsodium.ts';

extractLibsodium();
const root = path.resolve(import.meta.dirname, '../..');

/** Tests on Node alone, with no Worker built before them: enough for a control, and much faster. */
export default defineConfig({
  root,
  test: {
    include: ['{packages,services}/*/test/**/*.test.ts', 'test/*.test.ts'],
    exclude: ['**/workerd/**', '**/no-subtle/**', '**/test/postgres/**', '**/node_modules/**'],
    ...seededProperties,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
