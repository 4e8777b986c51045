import path from 'node:path';
import { defineConfig } from 'vitest/config';
import type { InlineConfig } from 'vitest/node';
import { POLL_MS } from './seeded-properties.ts';

/** Built once before the tests of a command that starts Workers. */
export const PREPARE = path.join(import.meta.dirname, 'prepare.ts');

/** The configuration of tests that have a command of their own beside `npm test`. */
export const commandTests = (test: InlineConfig) =>
  defineConfig({
    root: path.resolve(import.meta.dirname, '../..'),
    test: {
      exclude: ['**/node_modules/**'],
      expect: { poll: { timeout: POLL_MS } },
      reporters: ['default', path.join(import.meta.dirname, 'plain-reporter.ts')],
      ...test,
    },
  });
