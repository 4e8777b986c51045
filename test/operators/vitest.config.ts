import '../../services/local/src/offline-env.ts';
import path from 'node:path';
import { commandTests, PREPARE } from '../support/command-tests.ts';

/** The guides of operators, followed on running services: `npm run test:operators`. */
export default commandTests({
  globalSetup: [
    PREPARE,
    ...['release', 'table'].map((name) => path.resolve(import.meta.dirname, `support/${name}.ts`)),
  ],
  include: ['test/operators/*.test.ts'],
  maxWorkers: 2,
  testTimeout: 900_000, // a drill takes up to half a minute, on a busy machine twenty times as long
  hookTimeout: 900_000,
});
