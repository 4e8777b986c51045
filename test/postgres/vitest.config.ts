import '../../services/local/src/offline-env.ts';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** Kills, promotions and restarts of PostgreSQL servers and of services over them: `npm run test:postgres`. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../..'),
  test: {
    globalSetup: [path.resolve(import.meta.dirname, '../support/prepare.ts')],
    setupFiles: [path.resolve(import.meta.dirname, '../support/postgres-tests.ts')],
    reporters: ['default', path.resolve(import.meta.dirname, '../support/plain-reporter.ts')],
    include: ['test/postgres/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 180_000,
  },
});
