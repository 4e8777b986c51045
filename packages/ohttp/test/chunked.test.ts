import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decapsulateChunkedRequest,
  decapsulateRequest,
  encapsulateChunkedRequest,
  encapsulateRequest,
  MAX_CHUNK,
  type Pull,
} from '@sotto/ohttp';
import { concat, EMPTY, hex, utf8, varint, type Bytes } from '@sotto/wire';
import {
  CONFIG,
  HEAD,
  hpke,
  inPieces,
  KEY,
  open,
  openUntilError,
  rawSender,
  seal,
  TAG,
} from './chunked-support.ts';
import { AES, codeOf, drain, pullFrom, random } from './support.ts';

const A = utf8('first chunk');
const B = utf8('second');
const TEXT = concat(A, B);

describe('pieces of any size', () => {
  test('G24 a request split in two at any byte, also inside a varint, opens to the same plaintext', async () => {
    const wire = concat(...(await seal(A, B, new Uint8Array(100))));
    for (let at = 0; at <= wire.length; at++) {
      const opened = await open(pullFrom([wire.subarray(0, at), EMPTY, wire.subarray(at)]));
      expect(hex(opened)).toBe(hex(concat(TEXT, new Uint8Array(100))));
    }
  });

  test.each([1, 7, 64, 16_401])(
    'G24 a request read %i bytes at a time opens to the same plaintext',
    async (size) => {
      const text = random(40_000);
      const wire = concat(...(await seal(A, text, B)));
      expect(hex(await open(pullFrom(inPieces(wire, size))))).toBe(hex(concat(A, text, B)));
    },
  );

  test('any plaintext round-trips in any chunks and any reads, in both directions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 50 }),
        async (chunks, size) => {
          const sent = await encapsulateChunkedRequest(hpke, CONFIG, AES, random, pullFrom(chunks));
          const wire = concat(...(await drain(sent.body)));
          const got = await decapsulateChunkedRequest(hpke, [KEY], pullFrom(inPieces(wire, size)));
          expect(hex(concat(...(await drain(got.request))))).toBe(hex(concat(...chunks)));
          const answer = concat(...(await drain(got.sealResponse(pullFrom(chunks), random))));
          const opened = await drain(sent.openResponse(pullFrom(inPieces(answer, size))));
          expect(hex(concat(...opened))).toBe(hex(concat(...chunks)));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('an empty piece of plaintext makes no chunk, and a large piece makes several', async () => {
    expect(await seal(EMPTY, A, EMPTY)).toHaveLength(3); // head, A, final
    expect(await seal(EMPTY)).toHaveLength(2);
    const sizes = (await seal(new Uint8Array(2 * MAX_CHUNK + 1))).map(({ length }) => length);
    expect(sizes).toEqual([HEAD, 4 + MAX_CHUNK + TAG, 4 + MAX_CHUNK + TAG, 1 + 1 + TAG, 1 + TAG]);
  });

  test('a final chunk may hold plaintext, up to the limit', async () => {
    for (const size of [1, MAX_CHUNK]) {
      const { head, chunk } = await rawSender();
      const last = await chunk(new Uint8Array(size), { final: true });
      expect(await open(pullFrom([head, last]))).toHaveLength(size);
    }
  });
});

describe('truncated streams', () => {
  test('G17 a request cut at every byte fails and never ends normally', async () => {
    const wire = concat(...(await seal(A, B)));
    for (let cut = 0; cut < wire.length; cut++) {
      const { code } = await openUntilError([wire.subarray(0, cut)]);
      expect([cut, code]).toEqual([cut, 'truncated']);
    }
    expect((await openUntilError([wire])).code).toBe('none');
  });

  test('G17 a response cut at every byte fails, and so does an empty one', async () => {
    const sent = await encapsulateChunkedRequest(hpke, CONFIG, AES, random, pullFrom([A]));
    const got = await decapsulateChunkedRequest(hpke, [KEY], sent.body);
    const answer = concat(...(await drain(got.sealResponse(pullFrom([A, B]), random))));
    for (let cut = 0; cut < answer.length; cut++) {
      const source = pullFrom(cut === 0 ? [] : [answer.subarray(0, cut)]);
      expect([cut, await codeOf(() => drain(sent.openResponse(source)))]).toEqual([cut, 'truncated']);
    }
  });

  test('G18 a stream that ends after its last non-final chunk is truncated', async () => {
    const pieces = await seal(A, B);
    const { before, code } = await openUntilError(pieces.slice(0, -1));
    expect(before.map(hex)).toEqual([A, B].map(hex));
    expect(code).toBe('truncated');
  });

  test('G18 a final chunk sent as non-final, or a non-final one sent as final, is refused', async () => {
    const raw = await rawSender();
    const nonFinal = await raw.chunk(A);
    const posing = concat(varint(0), nonFinal.subarray(1));
    expect((await openUntilError([raw.head, posing])).code).toBe('open-failed');
    const other = await rawSender();
    const final = await other.chunk(A, { final: true });
    const demoted = concat(varint(final.length - 1), final.subarray(1));
    expect((await openUntilError([other.head, demoted])).code).toBe('open-failed');
  });
});

describe('modified and misplaced messages', () => {
  const faults: [name: string, move: (own: Bytes[], other: Bytes[]) => Bytes[]][] = [
    ['reordered', ([h, a, b, f]) => [h, b, a, f] as Bytes[]],
    ['duplicated', ([h, a, b, f]) => [h, a, a, b, f] as Bytes[]],
    ['dropped', ([h, , b, f]) => [h, b, f] as Bytes[]],
    ['dropped before the final one', ([h, a, , f]) => [h, a, f] as Bytes[]],
    ['swapped with another request’s', ([h, , b, f], [, a]) => [h, a, b, f] as Bytes[]],
    ['ended by another request’s final one', ([h, a, b], [, , , f]) => [h, a, b, f] as Bytes[]],
    ['all under another header', ([, a, b, f], [h]) => [h, a, b, f] as Bytes[]],
  ];

  test.each(faults)('G19 a chunk %s is refused', async (_fault, move) => {
    const { code } = await openUntilError(move(await seal(A, B), await seal(A, B)));
    expect(code).toBe('open-failed');
  });

  test('G19 one bit flipped at every byte of a request is refused', async () => {
    const wire = concat(...(await seal(A, B)));
    for (let at = 0; at < wire.length; at++) {
      const flipped = wire.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 0x20;
      expect((await openUntilError([flipped])).code).not.toBe('none');
    }
  });

  test('G16 a plain request is refused as chunked, and a chunked one as plain', async () => {
    const plain = (await encapsulateRequest(hpke, CONFIG, AES, A, random)).encapsulatedRequest;
    const asChunk = [plain.subarray(0, HEAD), varint(A.length + TAG), plain.subarray(HEAD)];
    expect(await openUntilError(asChunk)).toEqual({ before: [], code: 'open-failed' });
    const [head, chunk] = (await seal(A)) as [Bytes, Bytes];
    const asPlain = concat(head, chunk.subarray(1));
    expect(await codeOf(() => decapsulateRequest(hpke, [KEY], asPlain))).toBe('open-failed');
    // With the right label the same bytes open.
    const relabelled = await rawSender('message/bhttp request');
    const same = concat(relabelled.head, (await relabelled.chunk(A)).subarray(1));
    expect((await decapsulateRequest(hpke, [KEY], same)).request).toEqual(A);
  });

  test('G16 a chunked response is refused as a plain one', async () => {
    const sent = await encapsulateRequest(hpke, CONFIG, AES, A, random);
    const chunked = await encapsulateChunkedRequest(hpke, CONFIG, AES, random, pullFrom([A]));
    const got = await decapsulateChunkedRequest(hpke, [KEY], chunked.body);
    const answer = concat(...(await drain(got.sealResponse(pullFrom([A]), random))));
    expect(await codeOf(() => sent.openResponse(answer))).toBe('open-failed');
  });
});

describe('after an error or the end', () => {
  test('G20 bytes after the final chunk are refused', async () => {
    const pieces = await seal(A);
    for (const extra of [new Uint8Array(1), new Uint8Array(64), ...pieces.slice(1)]) {
      expect((await openUntilError([...pieces, extra])).code).toBe('open-failed');
    }
  });

  test('G20 every call after an error throws the same error and returns no plaintext', async () => {
    const [head, a, b, final] = (await seal(A, B)) as [Bytes, Bytes, Bytes, Bytes];
    const source = pullFrom([head, b, a, b, final]);
    const { request } = await decapsulateChunkedRequest(hpke, [KEY], source);
    const errors = [];
    for (let i = 0; i < 4; i++) errors.push(await request().catch((error: unknown) => error));
    expect(errors[0]).toMatchObject({ code: 'open-failed' });
    expect(new Set(errors).size).toBe(1);
    expect(await source()).not.toBeNull(); // nothing more was read
  });

  test('G20 every call after an error of the source throws it again', async () => {
    const fault = new Error('connection lost');
    const [head] = (await seal(A)) as [Bytes];
    let calls = 0;
    const source: Pull = () => (calls++ === 0 ? Promise.resolve(head) : Promise.reject(fault));
    const { request } = await decapsulateChunkedRequest(hpke, [KEY], source);
    await expect(request()).rejects.toBe(fault);
    await expect(request()).rejects.toBe(fault);
    expect(calls).toBe(2);
  });

  test('G20 every call after the end returns the end', async () => {
    const { request } = await decapsulateChunkedRequest(hpke, [KEY], pullFrom(await seal(A)));
    expect(await request()).toEqual(A);
    expect([await request(), await request(), await request()]).toEqual([null, null, null]);
    const { body } = await encapsulateChunkedRequest(hpke, CONFIG, AES, random, pullFrom([A]));
    expect(await drain(body)).toHaveLength(3);
    expect([await body(), await body()]).toEqual([null, null]);
  });
});
