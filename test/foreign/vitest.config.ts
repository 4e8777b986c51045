import { commandTests } from '../support/command-tests.ts';

/** The probe against gateways that others wrote. They are downloaded and compiled, and so stand outside `npm test`. */
export default commandTests({ include: ['test/foreign/**/*.test.ts'] });
