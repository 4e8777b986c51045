import '../../services/local/src/offline-env.ts';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** What an operator does, followed on running services: `npm run test:operators`. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../..'),
  test: {
    globalSetup: [
      path.resolve(import.meta.dirname, '../support/prepare.ts'),
      path.resolve(import.meta.dirname, 'support/release.ts'),
    ],
    reporters: ['default', path.resolve(import.meta.dirname, '../support/plain-reporter.ts')],
    include: ['test/operators/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
