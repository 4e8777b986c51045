import { loadSodium } from '@sotto/voprf/sodium-workerd';
import { coldBatch } from './cold-batch.ts';

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** `/?who=ours` or `/?who=noble`: milliseconds of the first batch. */
export default {
  async fetch(request: Request): Promise<Response> {
    const who = new URL(request.url).searchParams.get('who') === 'ours' ? 'ours' : 'noble';
    const began = performance.now();
    await coldBatch(who, loadSodium, random);
    return Response.json(performance.now() - began);
  },
};
