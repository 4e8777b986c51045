import { decodeResponse, encodeRequest, type BhttpRequest, type BhttpResponse } from '@sotto/bhttp';
import {
  encapsulateChunkedRequest,
  encapsulateRequest,
  type Hpke,
  type KeyConfig,
  type Pull,
  type SuiteIds,
} from '@sotto/ohttp';
import { concat, EMPTY, utf8, type Bytes, type Random } from '@sotto/wire';

/** A request as our clients make it, with any change that a fault needs. */
export function inner(changes: Partial<BhttpRequest> = {}): BhttpRequest {
  return {
    method: 'POST',
    scheme: 'https',
    authority: 'stickers',
    path: '/v1/search',
    fields: [],
    content: utf8('{"q":"cat"}'),
    trailers: [],
    ...changes,
  };
}

export const REQUEST_LENGTH = 1024;

/** A request padded to the one length. */
export function padded(request: BhttpRequest): Bytes {
  return encodeRequest(request, { length: REQUEST_LENGTH });
}

/** An envelope and its opener, plain. */
export interface Sealed {
  readonly body: Bytes;
  open(response: Bytes): Promise<BhttpResponse>;
}

export interface Sealer {
  readonly hpke: Hpke;
  readonly config: KeyConfig;
  readonly suite: SuiteIds;
  readonly random: Random;
}

export async function seal({ hpke, config, suite, random }: Sealer, request: Bytes): Promise<Sealed> {
  const sent = await encapsulateRequest(hpke, config, suite, request, random);
  return {
    body: sent.encapsulatedRequest,
    open: async (response) => decodeResponse(await sent.openResponse(response)),
  };
}

/** The same in chunks of the given sizes; the last piece may be empty. */
export async function sealChunked(
  { hpke, config, suite, random }: Sealer,
  pieces: readonly Bytes[],
): Promise<{ chunks: Bytes[]; open: (response: Bytes) => Promise<Bytes[]> }> {
  const sent = await encapsulateChunkedRequest(hpke, config, suite, random, pullFrom(pieces));
  return {
    chunks: await drain(sent.body),
    open: (response) => drain(sent.openResponse(pullFrom([response]))),
  };
}

/** As `sealChunked`, with one chunk of any size. Our own sender would split it, so its AEAD seals other content. */
export function sealOneChunk(
  sealer: Sealer,
  content: Bytes,
): Promise<{ chunks: Bytes[]; open: (response: Bytes) => Promise<Bytes[]> }> {
  const aeads = sealer.hpke.aeads.map((aead) => ({
    ...aead,
    async load(raw: Bytes) {
      const key = await aead.load(raw);
      const sealContent: typeof key.seal = (nonce, aad, pt) =>
        key.seal(nonce, aad, pt.length > 0 ? content : pt);
      return { seal: sealContent, open: key.open.bind(key) };
    },
  }));
  return sealChunked({ ...sealer, hpke: { ...sealer.hpke, aeads } }, [content.subarray(0, 1)]);
}

export function pullFrom(pieces: readonly Bytes[]): Pull {
  const left = [...pieces];
  return async () => left.shift() ?? null;
}

export async function drain(pull: Pull): Promise<Bytes[]> {
  const pieces: Bytes[] = [];
  for (let piece = await pull(); piece !== null; piece = await pull()) pieces.push(piece);
  return pieces;
}

/** Pieces as a body, one for each read. */
export function streamOf(pieces: readonly Bytes[]): ReadableStream<Bytes> {
  const left = [...pieces];
  return new ReadableStream({
    pull(controller) {
      const piece = left.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
  });
}

export const joined = (pieces: readonly Bytes[]): Bytes => pieces.reduce((a, b) => concat(a, b), EMPTY);
