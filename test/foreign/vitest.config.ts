import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** The probe against gateways that others wrote. They are downloaded and compiled, and so stand outside `npm test`. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../..'),
  test: {
    include: ['test/foreign/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    reporters: ['default', path.resolve(import.meta.dirname, '../support/plain-reporter.ts')],
  },
});
