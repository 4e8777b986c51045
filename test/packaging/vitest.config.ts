import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests of the tarballs in projects of their own. They download what those projects need, and so stand outside `npm test`. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../..'),
  test: {
    globalSetup: [path.join(import.meta.dirname, 'setup.ts')],
    include: ['test/packaging/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    fileParallelism: false,
    testTimeout: 300_000, // stops a test that hangs; a busy machine needs minutes
    hookTimeout: 600_000,
    reporters: [
      'default',
      path.join(import.meta.dirname, 'support/table.ts'),
      path.resolve(import.meta.dirname, '../support/plain-reporter.ts'),
    ],
  },
});
