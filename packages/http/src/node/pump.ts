import type { ClientRequest, ServerResponse } from 'node:http';

/**
 * Writes a body as fast as the other end takes it, and ends the message; lets go of the body when the other end leaves.
 *
 * Rejects when the body breaks off: the caller then destroys the message, so that it never looks whole.
 */
export async function pump(
  body: ReadableStream<Uint8Array>,
  message: ClientRequest | ServerResponse,
): Promise<void> {
  const reader = body.getReader();
  const closed = new Promise<void>((resolve) => message.once('close', resolve));
  message.once('close', () => void reader.cancel().catch(() => {}));
  message.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (message.destroyed) return;
    if (done) return void message.end();
    if (!message.write(value)) {
      // A body that breaks off meanwhile rejects `reader.closed`: a slow reader does not hide it.
      await Promise.race([new Promise((resolve) => message.once('drain', resolve)), closed, reader.closed]);
    }
  }
}
