import '../../services/local/src/offline-env.ts';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** Guides that are followed on suites of their own: too slow for `npm test`. */
export const FOLLOWED_GUIDES = ['documents', 'guides', 'own-service'].map(
  (name) => `test/exchange/${name}.test.ts`,
);

/** Commands and snippets of the documents, run as written: `npm run test:guides`. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../..'),
  test: {
    globalSetup: [path.resolve(import.meta.dirname, '../support/prepare.ts')],
    reporters: ['default', path.resolve(import.meta.dirname, '../support/plain-reporter.ts')],
    include: FOLLOWED_GUIDES,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
