import { commandTests } from '../support/command-tests.ts';

/** The negative controls of the audit, and reports of two folders and users. Each runs tests in a copy of the tree. */
export default commandTests({
  include: ['test/audit/*.test.ts'],
  fileParallelism: false,
  testTimeout: 1_800_000,
  hookTimeout: 600_000,
});
