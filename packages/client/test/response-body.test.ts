import { describe, expect, test } from 'vitest';
import { MALFORMED_LENGTHS, WELL_FORMED_LENGTHS } from '../../../test/support/content-lengths.ts';
import { readBody, UnreachableError } from '../src/http.ts';
import type { FetchResponse } from '../src/platform.ts';

const TOO_LONG = new UnreachableError('too long');

/** A response with these pieces, and what was done to its body. */
function responseOf(streams: boolean, pieces: readonly Uint8Array[], length: string | null = null) {
  const done = { reads: 0, cancelled: false };
  const left = [...pieces];
  const reader = {
    read: async () => {
      done.reads++;
      const value = left.shift();
      return value === undefined ? { done: true } : { done: false, value };
    },
    cancel: async () => void (done.cancelled = true),
  };
  const response = {
    status: 200,
    headers: { get: (name: string) => (name === 'content-length' ? length : null) },
    arrayBuffer: async () => {
      done.reads++;
      return new Blob(pieces.map((piece) => new Uint8Array(piece))).arrayBuffer();
    },
    ...(streams && { body: { getReader: () => reader } }),
  };
  return { response: response as unknown as FetchResponse, done };
}

describe.each([
  ['with streams', true],
  ['without streams', false],
])('body of a response on a platform %s', (_name, streams) => {
  const PIECES = [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3, 4, 5)];

  test('is read whole up to its limit, with and without Content-Length', async () => {
    for (const length of [null, '5']) {
      const { response } = responseOf(streams, PIECES, length);
      expect(await readBody(response, 5)).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
    }
  });

  test('is cancelled where it passes its limit', async () => {
    const { response, done } = responseOf(streams, PIECES);
    await expect(readBody(response, 4)).rejects.toThrow(TOO_LONG);
    expect(done.cancelled).toBe(streams); // without streams there is nothing to cancel: it was read in one piece
  });

  test.each(MALFORMED_LENGTHS)('is refused unread with Content-Length "%s"', async (length) => {
    const { response, done } = responseOf(streams, PIECES, length);
    await expect(readBody(response, 10)).rejects.toThrow(TOO_LONG);
    expect(done.reads).toBe(0);
  });

  test.each(WELL_FORMED_LENGTHS)(
    'with Content-Length %s is read, unless the limit is less',
    async (length, bytes) => {
      const { response, done } = responseOf(streams, PIECES, length);
      const outcome = await readBody(response, 5).then(
        (body) => body.length,
        (error: Error) => `${error.message} after ${done.reads} reads`,
      );
      expect(outcome).toBe(bytes <= 5 ? 5 : 'too long after 0 reads');
    },
  );
});
