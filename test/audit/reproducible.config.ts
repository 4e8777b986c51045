import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** The build of a release in two folders, alone: it needs nothing of the other tests of packaging. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../..'),
  test: {
    include: ['test/packaging/reproducible.test.ts'],
    exclude: ['**/node_modules/**'],
    testTimeout: 900_000,
    hookTimeout: 600_000,
  },
});
