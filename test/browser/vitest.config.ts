import '../../services/local/src/offline-env.ts';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

const NAMES = ['page', 'states', 'picker', 'e2ee-chat', 'embed', 'first-paint', 'features', 'keyboard'];

/** Whole pages in every width, scheme, language and state: too slow for `npm test`. */
export const WHOLE_PAGES = NAMES.map((name) => `test/browser/${name}.test.ts`);

/** Pages as a person sees them, in Chromium: `npm run test:pages`. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../..'),
  test: {
    globalSetup: [path.resolve(import.meta.dirname, '../support/prepare.ts')],
    reporters: ['default', path.resolve(import.meta.dirname, '../support/plain-reporter.ts')],
    setupFiles: [path.resolve(import.meta.dirname, '../support/property-seed.ts')],
    provide: { propertySeed: 20261126 },
    include: WHOLE_PAGES,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
