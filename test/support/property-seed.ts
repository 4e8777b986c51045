import * as fc from 'fast-check';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The seed of every property test. `npm test` has one seed, so that it always draws the same values. */
    propertySeed: number;
  }
}

fc.configureGlobal({ seed: inject('propertySeed') });
