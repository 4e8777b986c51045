import '../../services/local/src/offline-env.ts';
import path from 'node:path';
import { commandTests, PREPARE } from '../support/command-tests.ts';

/** Kills, promotions and restarts of PostgreSQL servers and of services over them: `npm run test:postgres`. */
export default commandTests({
  globalSetup: [PREPARE],
  setupFiles: [path.resolve(import.meta.dirname, '../support/postgres-tests.ts')],
  include: ['test/postgres/**/*.test.ts'],
  fileParallelism: false,
  testTimeout: 3_600_000,
  hookTimeout: 180_000,
});
