import type { IncomingMessage, ServerResponse } from 'node:http';
import { pump } from './pump.ts';
import { wholeOf } from './whole.ts';

const LINGER_BYTES = 16 * 1024;
const LINGER_MS = 500;

/**
 * Writes a response: as a whole, with its length, unless it is a stream (`Incremental: ?1`).
 *
 * Rejects when its body fails: the caller then destroys `outgoing`, so that the peer sees an incomplete
 * response.
 */
export async function writeResponse(
  { status, headers, body }: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  outgoing.once('finish', () => linger(incoming));
  const fields = Object.fromEntries(headers);
  if (body === null) {
    // A response to HEAD has the length that the one to GET would have, or none (RFC 9110 §8.6).
    const isSilent = status === 204 || incoming.method === 'HEAD';
    outgoing.writeHead(status, isSilent ? fields : { ...fields, 'content-length': 0 });
    outgoing.end();
    return;
  }
  if (!headers.has('incremental')) {
    const whole = await wholeOf(body);
    outgoing.writeHead(status, { ...fields, 'content-length': whole.length });
    outgoing.end(whole);
    return;
  }
  outgoing.writeHead(status, fields);
  await pump(body, outgoing);
}

/**
 * For a response to a request that is still arriving: reads a little more of the request, so that the peer
 * can read the response, and then closes the connection (RFC 9112 §9.6).
 */
function linger(incoming: IncomingMessage): void {
  if (incoming.complete) return;
  let left = LINGER_BYTES;
  const timer = setTimeout(() => incoming.socket.destroy(), LINGER_MS);
  incoming.once('close', () => clearTimeout(timer));
  incoming.on('data', (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) incoming.socket.destroy();
  });
  incoming.resume();
}
