import '../../services/local/src/offline-env.ts';
import path from 'node:path';
import { commandTests, PREPARE } from '../support/command-tests.ts';

/** What an operator does, followed on running services: `npm run test:operators`. */
export default commandTests({
  globalSetup: [PREPARE, path.resolve(import.meta.dirname, 'support/release.ts')],
  include: ['test/operators/**/*.test.ts'],
  maxWorkers: 2,
  testTimeout: 300_000,
  hookTimeout: 300_000,
});
