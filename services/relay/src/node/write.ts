import type { IncomingMessage, ServerResponse } from 'node:http';

const LINGER_BYTES = 16 * 1024;
const LINGER_MS = 500;

/**
 * Writes a response: whole, under its length, unless it is one that flows (`Incremental: ?1`).
 *
 * A flowing one that breaks off closes the connection, so that the client sees it broken.
 */
export async function write(
  { status, headers, body }: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  outgoing.once('finish', () => linger(incoming));
  const fields = Object.fromEntries(headers);
  if (body === null) {
    outgoing.writeHead(status, status === 204 ? fields : { ...fields, 'content-length': 0 });
    outgoing.end();
    return;
  }
  if (!headers.has('incremental')) {
    const whole = new Uint8Array(await new Response(body).arrayBuffer());
    outgoing.writeHead(status, { ...fields, 'content-length': whole.length });
    outgoing.end(whole);
    return;
  }
  outgoing.writeHead(status, fields);
  outgoing.flushHeaders();
  const reader = body.getReader();
  const closed = new Promise<void>((resolve) => outgoing.once('close', resolve));
  outgoing.once('close', () => void reader.cancel().catch(() => {}));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (outgoing.destroyed) return;
      if (done) {
        outgoing.end();
        return;
      }
      if (!outgoing.write(value)) {
        await Promise.race([new Promise((resolve) => outgoing.once('drain', resolve)), closed]);
      }
    }
  } catch {
    outgoing.destroy();
  }
}

/**
 * After an answer to a request that is still coming in: takes in a little more, so that the client can
 * read the answer, and then closes the connection.
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
