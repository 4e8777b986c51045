import path from 'node:path';
import { commandTests, PREPARE } from '../../support/command-tests.ts';

/** Units of operators on machines that boot systemd: `npm run test:units`. Nested systemd sometimes does not end. */
export default commandTests({
  globalSetup: [PREPARE, path.resolve(import.meta.dirname, '../support/release.ts')],
  include: ['test/operators/booted/*.test.ts'],
  testTimeout: 900_000,
  hookTimeout: 900_000,
});
