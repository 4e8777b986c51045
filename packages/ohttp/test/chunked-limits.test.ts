import { describe, expect, test } from 'vitest';
import {
  chunkedResponseLength,
  decapsulateChunkedRequest,
  encapsulateChunkedRequest,
  MAX_CHUNK,
  MAX_RECEIVED_CHUNK,
  type Aead,
  type Pull,
} from '@sotto/ohttp';
import { concat, EMPTY, equalBytes, fromHex, hex, utf8, varint } from '@sotto/wire';
import { chunkNonce } from '../src/chunk.ts';
import {
  CONFIG,
  HEAD,
  hpke,
  inPieces,
  KEY,
  oneChunk,
  open,
  openUntilError,
  rawSender,
  seal,
  TAG,
} from './chunked-support.ts';
import { AES, codeOf, drain, pullFrom, random } from './support.ts';

const A = utf8('first chunk');
const B = utf8('second');

/** A source that counts the pieces read from it. */
function counted(source: Pull): { pull: Pull; taken: () => number } {
  let bytes = 0;
  return {
    pull: async () => {
      const piece = await source();
      bytes += piece?.length ?? 0;
      return piece;
    },
    taken: () => bytes,
  };
}

describe('limits of chunks', () => {
  test('G21 an authentic empty chunk that is not final is refused at once', async () => {
    const { head, chunk } = await rawSender();
    const empty = await chunk(EMPTY);
    const after = await chunk(A);
    expect(await openUntilError([head, empty, after])).toEqual({ before: [], code: 'open-failed' });
  });

  test('G21 the first of a million empty chunks stops the stream', async () => {
    const { head, chunk } = await rawSender();
    const empty = await chunk(EMPTY);
    let pulls = 0;
    const source: Pull = () => Promise.resolve(pulls++ === 0 ? head : empty);
    const { request } = await decapsulateChunkedRequest(hpke, [KEY], source);
    expect(await codeOf(request)).toBe('open-failed');
    expect(pulls).toBe(2);
  });

  test.each([1, 15, 16])(
    'a non-final chunk of %i bytes is refused, as it cannot hold plaintext',
    async (length) => {
      const { head } = await rawSender();
      expect((await openUntilError([head, varint(length), new Uint8Array(64)])).code).toBe('open-failed');
    },
  );

  test.each([MAX_CHUNK, 100_000])(
    'G22 a chunk of %i bytes, the limit of the receiver, is accepted, one byte more is refused',
    async (limit) => {
      for (const final of [false, true]) {
        const { head, chunk } = await rawSender();
        const largest = await chunk(new Uint8Array(limit), { final });
        const end = final ? EMPTY : await chunk(EMPTY, { final: true });
        expect(await open(pullFrom([head, largest, end]), limit)).toHaveLength(limit);
        const again = await rawSender();
        const larger = await again.chunk(new Uint8Array(limit + 1), { final });
        expect((await openUntilError([again.head, larger], limit)).code).toBe('chunk-too-large');
      }
    },
  );

  test.each([MAX_CHUNK + 1, 1 << 20, 3_000_000])(
    'N74 a chunk of %i bytes is accepted by default, in a request and in a response',
    async (length) => {
      const content = random(length);
      for (const final of [false, true]) {
        const { head, chunk } = await rawSender();
        const pieces = [
          head,
          await chunk(content, { final }),
          final ? EMPTY : await chunk(EMPTY, { final: true }),
        ];
        for (const size of [length, 65_536]) {
          const opened = await open(pullFrom(inPieces(concat(...pieces), size)));
          expect(equalBytes(opened, content)).toBe(true);
        }
      }
      const { body, openResponse } = await encapsulateChunkedRequest(
        hpke,
        CONFIG,
        AES,
        random,
        pullFrom([A]),
      );
      const received = await decapsulateChunkedRequest(oneChunk(content), [KEY], pullFrom(await drain(body)));
      const sealed = concat(...(await drain(received.sealResponse(pullFrom([A]), random))));
      expect(sealed.length).toBe(16 + 4 + length + TAG + 1 + TAG);
      const opened = concat(...(await drain(openResponse(pullFrom(inPieces(sealed, 10_000))))));
      expect(equalBytes(opened, content)).toBe(true);
      const tooSmall = openResponse(pullFrom([sealed]), length - 1);
      expect(await codeOf(tooSmall)).toBe('chunk-too-large');
    },
  );

  test('N74 a chunk of the largest length takes memory only for the bytes that arrived', async () => {
    const { head } = await rawSender();
    const length = varint(MAX_RECEIVED_CHUNK + TAG);
    const waiting = [];
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 20; i++) {
      const pieces = [head, length, new Uint8Array(1000)];
      const source: Pull = async () => pieces.shift() ?? new Promise(() => {});
      const { request } = await decapsulateChunkedRequest(hpke, [KEY], source);
      waiting.push(request());
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MAX_RECEIVED_CHUNK);
    expect(waiting).toHaveLength(20);
  });

  test.each(['ffffffffffffffff', 'c020000000000001', 'c000000100000000', '81000011'])(
    'G23 the chunk length %s is refused before a byte of the chunk is read',
    async (length) => {
      const { head } = await rawSender();
      const source = counted(pullFrom([head, fromHex(length), new Uint8Array(1 << 20)]));
      const { request } = await decapsulateChunkedRequest(hpke, [KEY], source.pull);
      expect(await codeOf(request)).toBe('chunk-too-large');
      expect(source.taken()).toBe(HEAD + length.length / 2);
    },
  );

  test('G23 chunk lengths in a longer varint form than necessary are accepted', async () => {
    const { head, chunk } = await rawSender();
    const chunks = [];
    for (const width of [1, 2, 4, 8] as const) chunks.push(await chunk(A, { width }));
    const final = (await chunk(EMPTY, { final: true })).subarray(1);
    for (const zero of ['00', '4000', '80000000', 'c000000000000000']) {
      const opened = await open(pullFrom([head, ...chunks, fromHex(zero), final]));
      expect(hex(opened)).toBe(hex(concat(A, A, A, A)));
    }
  });

  test('an endless final chunk is refused after its maximum size', async () => {
    const { head } = await rawSender();
    const source = counted(pullFrom([head, varint(0), ...inPieces(new Uint8Array(1 << 20), 100)]));
    const { request } = await decapsulateChunkedRequest(hpke, [KEY], source.pull, MAX_CHUNK);
    expect(await codeOf(request)).toBe('chunk-too-large');
    expect(source.taken()).toBeLessThan(HEAD + 1 + MAX_CHUNK + TAG + 200);
  });

  test('one pull reads one chunk, and nothing is read ahead', async () => {
    const pieces = await seal(A, B, A);
    const source = counted(pullFrom(pieces));
    const { request } = await decapsulateChunkedRequest(hpke, [KEY], source.pull);
    let expected = HEAD;
    expect(source.taken()).toBe(expected);
    for (const piece of pieces.slice(1, 4)) {
      await request();
      expected += piece.length;
      expect(source.taken()).toBe(expected);
    }
    const plaintext = counted(pullFrom([A, B]));
    const { body } = await encapsulateChunkedRequest(hpke, CONFIG, AES, random, plaintext.pull);
    await body();
    expect(plaintext.taken()).toBe(0);
    await body();
    expect(plaintext.taken()).toBe(A.length);
  });

  test('a source that ended is not read again', async () => {
    const left = (await seal(A)).slice(0, 2);
    let afterEnd = 0;
    const source: Pull = async () => {
      if (left.length === 0) afterEnd++;
      return left.shift() ?? null;
    };
    const { request } = await decapsulateChunkedRequest(hpke, [KEY], source);
    expect(await request()).toEqual(A);
    expect(await codeOf(request)).toBe('truncated');
    expect(afterEnd).toBe(1);
    const whole = await seal(A);
    const ended: Pull = async () => {
      if (whole.length === 0) afterEnd++;
      return whole.shift() ?? null;
    };
    expect(await open(ended)).toEqual(A);
    expect(afterEnd).toBe(2);
  });

  test('G27 64 concurrent seals of equal plaintext give different ciphertexts that open in order', async () => {
    const equal = Array.from({ length: 64 }, () => A);
    const sent = await encapsulateChunkedRequest(hpke, CONFIG, AES, random, pullFrom(equal));
    const pieces = await Promise.all(Array.from({ length: 66 }, () => sent.body()));
    const wire = pieces.map((piece) => piece ?? EMPTY);
    expect(new Set(wire.map(hex)).size).toBe(66);
    const got = await decapsulateChunkedRequest(hpke, [KEY], pullFrom(wire));
    const opened = await Promise.all(Array.from({ length: 65 }, () => got.request()));
    expect(opened).toEqual([...equal, null]);
  });

  test('the nonce counter ends at 2^53', () => {
    expect(hex(chunkNonce(new Uint8Array(12), 2 ** 53 - 1))).toBe('00000000001fffffffffffff');
    expect(hex(chunkNonce(new Uint8Array(12).fill(0xff), 256))).toBe('fffffffffffffffffffffeff');
    expect(() => chunkNonce(new Uint8Array(12), 2 ** 53)).toThrow(
      expect.objectContaining({ code: 'too-many-chunks' }),
    );
  });
});

test.each([1, 47, 48, 16_367, 16_368, 16_384, 16_385, 40_000])(
  'chunkedResponseLength: %i bytes in full chunks have this length on the wire',
  async (n) => {
    const { sealResponse } = await decapsulateChunkedRequest(hpke, [KEY], pullFrom(await seal(EMPTY)));
    const wire = concat(...(await drain(sealResponse(pullFrom([new Uint8Array(n)]), random))));
    expect(wire.length).toBe(chunkedResponseLength({ Nn: 12, Nk: 16, Nt: 16 } as Aead, n));
  },
);
