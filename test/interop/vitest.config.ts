import { commandTests } from '../support/command-tests.ts';

/** Tests against programs of others that are built from source, which needs a network: `npm run test:interop`. */
export default commandTests({
  include: ['test/interop/**/*.test.ts'],
  testTimeout: 120_000,
  hookTimeout: 900_000, // a first build of litewitness compiles SQLite
});
