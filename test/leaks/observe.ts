import type { Fetch } from '@sotto/client';
import { bytesOf } from '../../packages/client/test/support/bytes-of.ts';
import type { Channels } from './bits.ts';

/** Fields that name a moment and not a request. */
const MOMENTS = new Set(['date']);

/**
 * Stands where the network stands: it sees lengths, statuses and header fields of what a client sends, and adds
 * them to the channels of the part that was spoken to.
 *
 * @param part - names the channels, from URL and length of the request: `search`, `tokens`, or null for what is not measured
 * @param send - reaches the network
 */
export function observed(
  channels: Channels,
  part: (url: string, length: number) => string | null,
  send: typeof fetch = fetch,
): Fetch {
  return async (url, init) => {
    const answer = await send(url, init);
    const body = await answer.arrayBuffer();
    const name = part(url, bytesOf(init).length);
    if (name !== null) {
      channels.add(`${name}.request.length`, bytesOf(init).length);
      channels.add(`${name}.request.headers`, JSON.stringify(Object.keys(init.headers)));
      channels.add(`${name}.response.length`, body.byteLength);
      channels.add(`${name}.status`, answer.status);
      const fields = [...answer.headers].filter(([field]) => !MOMENTS.has(field));
      channels.add(`${name}.response.headers`, JSON.stringify(fields));
    }
    const { status, redirected, headers } = answer;
    return { status, redirected, headers, arrayBuffer: () => Promise.resolve(body) };
  };
}
