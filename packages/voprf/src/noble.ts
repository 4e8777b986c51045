import { p384ClientGroup, ristretto255Group } from './noble-group.ts';
import { createVoprf } from './protocol.ts';
import type { Voprf, VoprfOptions, VoprfSuiteId } from './voprf.ts';

/**
 * A suite in pure JavaScript, for clients, which use each secret once.
 *
 * BigInt is not constant-time. A server uses its key often and should use `@sotto/voprf/sodium` or `@sotto/voprf/ecdh`.
 */
export function nobleVoprf(suite: VoprfSuiteId, options?: VoprfOptions): Voprf {
  return suite === 'ristretto255-SHA512'
    ? createVoprf(ristretto255Group(), options)
    : createVoprf(p384ClientGroup(), options);
}
