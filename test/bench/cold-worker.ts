import { loadSodium } from '@sotto/voprf/sodium-workerd';
import { coldBatch } from './cold-batch.ts';

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/**
 * `/?who=ours` or `/?who=noble`: signs the first batch, while the caller measures the CPU time of the
 * process.
 */
export default {
  async fetch(request: Request): Promise<Response> {
    const who = new URL(request.url).searchParams.get('who') === 'ours' ? 'ours' : 'noble';
    return Response.json(await coldBatch(who, loadSodium, random));
  },
};
