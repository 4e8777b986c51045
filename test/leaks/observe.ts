import type { Fetch, FetchInit } from '@sotto/client';
import { bytesOf } from '../../packages/client/test/support/bytes-of.ts';
import type { Channels } from './bits.ts';

/** Sends to the network. */
export type Send = (url: string, init: FetchInit) => Promise<Response>;

/** Fields that contain a time and nothing about a request. */
const MOMENTS = new Set(['date']);

/**
 * Observes a client's traffic as the network does: lengths, statuses and header fields. It adds them to the
 * channels of the contacted part.
 *
 * @param part - names the channels, from URL and length of the request: `search`, `tokens`, or null for
 *   requests that are not measured
 */
export function observed(
  channels: Channels,
  part: (url: string, length: number) => string | null,
  send: Send,
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
