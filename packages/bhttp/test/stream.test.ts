import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BhttpError,
  decodeResponse,
  decodeResponseStream,
  encodeResponse,
  MAX_FIELD_SECTION,
  decodeRequest,
  decodeRequestStream,
  encodeRequest,
  messageParts,
  type BhttpRequest,
  type BhttpResponse,
  type Field,
  type RequestStream,
  type ResponseStream,
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

const REQUEST: BhttpRequest = {
  method: 'POST',
  scheme: 'https',
  authority: 'notes',
  path: '/v1/a',
  fields: [['content-type', 'text/plain']],
  content: utf8('a content of some length'),
  trailers: [['x-sum', '1']],
};

type Decoded = { readonly content: Bytes; readonly trailers: readonly Field[] };

/** A message that is decoded while it arrives, and decoded when it is complete. */
interface Way {
  readonly stream: (
    source: () => Promise<Bytes | null>,
    length: number,
  ) => Promise<RequestStream | ResponseStream>;
  readonly whole: (bytes: Bytes) => Decoded;
}
const RESPONSES: Way = { stream: decodeResponseStream, whole: decodeResponse };
const REQUESTS: Way = { stream: decodeRequestStream, whole: decodeRequest };

/** The result of decoding a stream, in the shape of a whole message; or the code of its error. */
async function streamed(
  bytes: Bytes,
  sizes: readonly number[],
  length = bytes.length,
  { stream }: Way = RESPONSES,
): Promise<unknown> {
  try {
    const { content, trailers, known: _known, ...head } = await stream(pieces(bytes, sizes), length);
    const read: Bytes[] = [];
    for (let piece = await content(); piece !== null; piece = await content()) read.push(piece);
    return { ...head, content: concat(...read), trailers: trailers() };
  } catch (error) {
    if (error instanceof BhttpError) return error.code;
    throw error;
  }
}

function decoded(bytes: Bytes, way: Way): unknown {
  try {
    return way.whole(bytes);
  } catch (error) {
    return (error as BhttpError).code;
  }
}

const INDETERMINATE = { framing: 'indeterminate-length' } as const;
const messages: [string, Bytes, Way][] = [
  ['response of known length', encodeResponse(RESPONSE), RESPONSES],
  ['response of indeterminate length', encodeResponse(RESPONSE, INDETERMINATE), RESPONSES],
  ['response, padded', encodeResponse(RESPONSE, { length: 200 }), RESPONSES],
  [
    'response of indeterminate length, padded',
    encodeResponse(RESPONSE, { ...INDETERMINATE, length: 200 }),
    RESPONSES,
  ],
  ['response with nothing in it', encodeResponse(MINIMAL), RESPONSES],
  [
    'response of indeterminate length with nothing in it',
    encodeResponse(MINIMAL, { ...INDETERMINATE, length: 20 }),
    RESPONSES,
  ],
  ['request of known length', encodeRequest(REQUEST), REQUESTS],
  ['request of indeterminate length', encodeRequest(REQUEST, INDETERMINATE), REQUESTS],
  [
    'request of indeterminate length, padded',
    encodeRequest(REQUEST, { ...INDETERMINATE, length: 200 }),
    REQUESTS,
  ],
];

describe.each(messages)('while it arrives: a %s', (_name, bytes, way) => {
  test('truncated at any byte and in reads of any size: the same result as for the whole', async () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      const part = bytes.subarray(0, cut);
      for (const sizes of [[1], [3, 1], [1000]]) {
        expect([cut, await streamed(part, sizes, bytes.length, way)]).toEqual([cut, decoded(part, way)]);
      }
    }
  });

  test('with any byte changed and in any pieces: the same result as for the whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.nat(255),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        async (at, byte, sizes) => {
          const changed = bytes.slice();
          changed[at] = byte;
          expect(await streamed(changed, sizes, changed.length, way)).toEqual(decoded(changed, way));
        },
      ),
    );
  });
});

describe('decodeResponseStream', () => {
  const head = encodeResponse(MINIMAL, { framing: 'indeterminate-length' }).subarray(0, -2);

  test('returns the head before any content has arrived, and each piece before the next one', async () => {
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

  test('an endless head is refused, and not buffered', async () => {
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

  test('overlapping calls get the pieces in order, and no error is mistaken for the end', async () => {
    const broken = concat(head, varint(1), utf8('a'), varint(40), utf8('b'));
    const { content } = await decodeResponseStream(pieces(broken, [1000]), 100);
    const outcomes = await Promise.allSettled([content(), content(), content(), content()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
  });
});

describe('messageParts', () => {
  async function* contentOf(sizes: readonly number[]): AsyncGenerator<Bytes, void> {
    for (const size of sizes) yield new Uint8Array(size).fill(120);
  }

  test('parts form a message, with pieces of at most the given size', async () => {
    for (const sizes of [[], [1], [5, 0, 300], [1000]]) {
      const parts: Bytes[] = [];
      for await (const part of messageParts(REQUEST, contentOf(sizes), { fits: () => true, maxPiece: 100 })) {
        parts.push(part);
      }
      const { content, path, trailers } = decodeRequest(concat(...parts));
      expect([content.length, path, trailers]).toEqual([sizes.reduce((a, b) => a + b, 0), '/v1/a', []]);
      expect(Math.max(...parts.slice(1).map(({ length }) => length))).toBeLessThanOrEqual(102);
    }
  });

  test('a part that does not fit is refused before it, and an error of the content is thrown', async () => {
    let room = 150;
    const parts = messageParts(RESPONSE, contentOf([60, 60, 60]), {
      fits: (length) => (room -= length) >= 0,
    });
    const read = async (): Promise<void> => {
      while ((await parts.next()).done !== true);
    };
    await expect(read()).rejects.toMatchObject({ code: 'too-long' });
    const failing = messageParts(
      RESPONSE,
      (async function* () {
        yield utf8('a');
        throw new Error('cut');
      })(),
      { fits: () => true },
    );
    await failing.next();
    await failing.next();
    await expect(failing.next()).rejects.toThrow('cut');
  });
});
