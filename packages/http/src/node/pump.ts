import type { ClientRequest, ServerResponse } from 'node:http';

/**
 * Writes a body as fast as the peer reads it, and ends the message. It cancels the body when the peer
 * disconnects.
 *
 * Rejects when the body fails: the caller then destroys the message, so that the peer does not take it for
 * complete.
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
      // If the body fails meanwhile, `reader.closed` rejects, so that a slow peer does not hide the failure.
      await Promise.race([new Promise((resolve) => message.once('drain', resolve)), closed, reader.closed]);
    }
  }
}
