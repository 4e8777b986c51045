import { sha256 } from '@noble/hashes/sha2.js';
import { hex, utf8 } from '@sotto/wire';
import { InnerError } from '../problem.ts';
import type { Service } from './service.ts';

/** The authority of the opt-in route by which a probe learns which headers a relay lets through. */
export const METADATA_SERVICE = 'sotto-metadata';

/**
 * Responds to `GET /headers` with the names of the outer request's headers and the SHA-256 of each value:
 * enough to find a canary again, and too little to read one. The relay's credential is named without its
 * digest.
 */
export const metadataService: Service = {
  call: async ({ method, path, outer }) => {
    if (method !== 'GET' || path !== '/headers') throw new InnerError('not-found');
    const headers = [...outer]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) =>
        name === 'authorization' ? { name } : { name, sha256: hex(sha256(utf8(value))) },
      );
    const content = utf8(JSON.stringify({ headers }));
    return { status: 200, fields: [['content-type', 'application/json']], content };
  },
};
