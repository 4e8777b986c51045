import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests that download other versions of Node, and so stand outside `npm test`. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../..'),
  test: {
    globalSetup: [path.resolve(import.meta.dirname, '../support/prepare.ts')],
    include: ['test/packaging/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
