import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** The negative controls of the audit, and reports of two folders and users. Each runs tests in a copy of the tree. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../..'),
  test: {
    include: ['test/audit/*.test.ts'],
    exclude: ['**/node_modules/**'],
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
    reporters: ['default', path.resolve(import.meta.dirname, '../support/plain-reporter.ts')],
  },
});
