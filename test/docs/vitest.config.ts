import '../../services/local/src/offline-env.ts';
import { commandTests, PREPARE } from '../support/command-tests.ts';

/** Guides that are followed on suites of their own: too slow for `npm test`. */
export const FOLLOWED_GUIDES = ['documents', 'guides', 'own-service'].map(
  (name) => `test/exchange/${name}.test.ts`,
);

/** Commands and snippets of the documents, run as written: `npm run test:guides`. */
export default commandTests({
  globalSetup: [PREPARE],
  include: FOLLOWED_GUIDES,
  testTimeout: 120_000,
  hookTimeout: 60_000,
});
