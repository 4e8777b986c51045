import { concat, type Bytes } from '@sotto/wire';
import { ClientError, clientError } from './error.ts';

/** The pieces of a body. @throws {ClientError} `config` if one is not bytes; the error of the body itself */
export async function* piecesOf(reader: ReadableStreamDefaultReader<unknown>): AsyncGenerator<Bytes, void> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    if (!(value instanceof Uint8Array)) {
      throw new ClientError('config', { detail: 'A body that is a stream must yield Uint8Array.' });
    }
    if (value.length > 0) yield value as Bytes;
  }
}

/** Reads a body whole, where it cannot be sent as a stream. @throws {ClientError} as an upload does */
export async function readBody(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Bytes> {
  const reader = body.getReader();
  const pieces: Bytes[] = [];
  let length = 0;
  try {
    for await (const piece of piecesOf(reader)) {
      length += piece.length;
      if (length > maxBytes) throw new ClientError('query-too-long');
      pieces.push(piece);
    }
  } catch (error) {
    reader.cancel(error).catch(() => {});
    throw clientError(error, 'request-broken');
  }
  return concat(...pieces);
}
