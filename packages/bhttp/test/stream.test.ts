import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BhttpError,
  decodeResponse,
  decodeResponseStream,
  encodeResponse,
  MAX_FIELD_SECTION,
  type BhttpResponse,
  type EncodeOptions,
} from '@sotto/bhttp';
import { concat, EMPTY, utf8, varint, type Bytes } from '@sotto/wire';

const RESPONSE: BhttpResponse = {
  informational: [{ status: 103, fields: [['link', 'x']] }],
  status: 200,
  fields: [['content-type', 'text/plain']],
  content: utf8('a content of some length'),
  trailers: [['x-sum', '1']],
};
const MINIMAL: BhttpResponse = { ...RESPONSE, informational: [], fields: [], content: EMPTY, trailers: [] };

/** Pieces of these sizes in turn, over and over. */
function pieces(bytes: Bytes, sizes: readonly number[]): () => Promise<Bytes | null> {
  let at = 0;
  let turn = 0;
  return async () => {
    if (at >= bytes.length) return null;
    const size = sizes[turn++ % sizes.length] ?? 1;
    return bytes.subarray(at, (at += size));
  };
}

/** What a stream decodes to, in the shape of `decodeResponse` without trailers; or the code of its error. */
async function streamed(bytes: Bytes, sizes: readonly number[], length = bytes.length): Promise<unknown> {
  try {
    const { informational, status, fields, content } = await decodeResponseStream(
      pieces(bytes, sizes),
      length,
    );
    const read: Bytes[] = [];
    for (let piece = await content(); piece !== null; piece = await content()) read.push(piece);
    return { informational, status, fields, content: concat(...read) };
  } catch (error) {
    if (error instanceof BhttpError) return error.code;
    throw error;
  }
}

function whole(bytes: Bytes): unknown {
  try {
    const { trailers: _trailers, ...response } = decodeResponse(bytes);
    return response;
  } catch (error) {
    return (error as BhttpError).code;
  }
}

const messages: [string, BhttpResponse, EncodeOptions][] = [
  ['known length', RESPONSE, {}],
  ['indeterminate length', RESPONSE, { framing: 'indeterminate-length' }],
  ['known length, padded', RESPONSE, { length: 200 }],
  ['indeterminate length, padded', RESPONSE, { framing: 'indeterminate-length', length: 200 }],
  ['nothing in it', MINIMAL, {}],
  ['nothing in it, indeterminate', MINIMAL, { framing: 'indeterminate-length', length: 20 }],
];

describe.each(messages)('decodeResponseStream: %s', (_name, response, options) => {
  const bytes = encodeResponse(response, options);

  test('cut at every byte and in reads of any size: as decodeResponse', async () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const part = bytes.subarray(0, cut);
      for (const sizes of [[1], [3, 1], [1000]]) {
        expect([cut, await streamed(part, sizes, bytes.length)]).toEqual([cut, whole(part)]);
      }
    }
  });

  test('with any byte changed and in any pieces: as decodeResponse', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.nat(255),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        async (at, byte, sizes) => {
          const changed = bytes.slice();
          changed[at] = byte;
          expect(await streamed(changed, sizes)).toEqual(whole(changed));
        },
      ),
    );
  });
});

describe('decodeResponseStream', () => {
  const head = encodeResponse(MINIMAL, { framing: 'indeterminate-length' }).subarray(0, -2);

  test('gives the head before any content has come, and each piece before the next one', async () => {
    const sent: Bytes[] = [head, concat(varint(2), utf8('ab')), concat(varint(4), utf8('c'))];
    let reads = 0;
    const { status, content } = await decodeResponseStream(async () => sent[reads++] ?? null, 100);
    expect([status, reads]).toEqual([200, 1]);
    expect([await content(), reads]).toEqual([utf8('ab'), 2]);
    expect([await content(), reads]).toEqual([utf8('c'), 3]); // a part of a chunk
    await expect(content()).rejects.toMatchObject({ code: 'truncated' });
    await expect(content()).rejects.toMatchObject({ code: 'truncated' }); // an error is final
  });

  test('a chunk that cannot end within the message is refused before its first byte', async () => {
    const broken = concat(head, varint(1), utf8('a'), varint(Number.MAX_SAFE_INTEGER), new Uint8Array(50));
    const { content } = await decodeResponseStream(pieces(broken, [1000]), 100);
    expect(await content()).toEqual(utf8('a'));
    await expect(content()).rejects.toMatchObject({ code: 'truncated' });
  });

  test('a message that is longer than its length is refused', async () => {
    const long = encodeResponse(RESPONSE, { length: 200 });
    expect(await streamed(long, [10], 199)).toBe('too-long');
    expect(await streamed(long, [10], 200)).toMatchObject({ status: 200 });
  });

  test('a head without end is refused, and not held', async () => {
    let read = 0;
    const start = concat(varint(3), varint(200), varint(1 << 20)); // a field name of a megabyte
    const source = async (): Promise<Bytes> => (read++ === 0 ? start : new Uint8Array(1024));
    const decoding = decodeResponseStream(source, 1 << 24);
    await expect(decoding).rejects.toMatchObject({ code: 'fields-too-large' });
    expect(read).toBeLessThan((3 * MAX_FIELD_SECTION) / 1024);
  });

  test('an error of the source is passed on', async () => {
    const cut = new Error('cut');
    const { content } = await decodeResponseStream(
      (() => {
        let first = true;
        return async () => {
          if (!first) throw cut;
          first = false;
          return head;
        };
      })(),
      100,
    );
    await expect(content()).rejects.toBe(cut);
  });
});
