import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests against programs of others that are built from source, which needs a network: `npm run test:interop`. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../..'),
  test: {
    include: ['test/interop/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 900_000, // a first build of litewitness compiles SQLite
  },
});
