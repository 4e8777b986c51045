import '../../services/local/src/offline-env.ts';
import { commandTests, PREPARE } from '../support/command-tests.ts';
import { seededProperties } from '../support/seeded-properties.ts';

const NAMES = [
  'page',
  'states',
  'picker',
  'artwork',
  'e2ee-chat',
  'embed',
  'first-paint',
  'features',
  'keyboard',
];

/** Whole pages in every width, scheme, language and state: too slow for `npm test`. */
export const WHOLE_PAGES = NAMES.map((name) => `test/browser/${name}.test.ts`);

/** Pages as a person sees them, in Chromium: `npm run test:pages`. */
export default commandTests({
  ...seededProperties,
  globalSetup: [PREPARE],
  include: WHOLE_PAGES,
  testTimeout: 120_000,
  hookTimeout: 60_000,
});
