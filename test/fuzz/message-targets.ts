import { BHttpDecoder } from 'bhttp-js';
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type BhttpRequest,
  type BhttpResponse,
} from '@sotto/bhttp';
import {
  AEAD,
  decapsulateChunkedRequest,
  decapsulateRequest,
  decodeKeyConfigs,
  encapsulateChunkedRequest,
  encapsulateRequest,
  encodeKeyConfigs,
  KDF,
  KEM,
  loadGatewayKey,
  type Pull,
} from '@sotto/ohttp';
import { nodeHpke } from '@sotto/ohttp/node';
import { concat, equalBytes, fromHex, utf8, type Bytes, type Random } from '@sotto/wire';
import rfc9292 from '../../specs/vectors/rfc9292.json' with { type: 'json' };
import { peerOr } from './peer.ts';
import type { Target } from './run.ts';

const PEER = new BHttpDecoder();
const DIFFERENTIAL = 8; // one decoded message in this many is compared, because the peer is slow

/** Fails when the peer decodes the same bytes to another message. */
class DifferenceError extends Error {}

function compare(ours: unknown, theirs: unknown, what: string): void {
  if (ours !== theirs)
    throw new DifferenceError(`${what}: ours is ${String(ours)}, the peer's ${String(theirs)}`);
}

async function compareBody(ours: Bytes, theirs: Request | Response): Promise<void> {
  const body = new Uint8Array(await theirs.arrayBuffer());
  if (!equalBytes(ours, body)) throw new DifferenceError(`content: ${ours.length} and ${body.length} bytes`);
}

let compared = 0;

async function requestTarget(bytes: Bytes): Promise<string> {
  const message = decodeRequest(bytes);
  const again = encodeRequest(message);
  if (!equalBytes(encodeRequest(decodeRequest(again)), again))
    throw new DifferenceError('does not round-trip');
  if (compared++ % DIFFERENTIAL === 0) {
    const peer = peerOr(() => PEER.decodeRequest(bytes));
    if (peer !== null) {
      compare(message.method.toUpperCase(), peer.method.toUpperCase(), 'method');
      if (peer.body !== null) await compareBody(message.content, peer);
    }
  }
  return `${message.fields.length > 0} ${message.content.length > 0} ${message.trailers.length > 0}`;
}

async function responseTarget(bytes: Bytes): Promise<string> {
  const message = decodeResponse(bytes);
  const again = encodeResponse(message);
  if (!equalBytes(encodeResponse(decodeResponse(again)), again))
    throw new DifferenceError('does not round-trip');
  if (compared++ % DIFFERENTIAL === 0) {
    const peer = peerOr(() => PEER.decodeResponse(bytes));
    if (peer !== null) {
      compare(message.status, peer.status, 'status');
      if (peer.body !== null) await compareBody(message.content, peer);
    }
  }
  return `${message.informational.length} ${message.fields.length > 0} ${message.content.length > 0}`;
}

const vectorsOf = (kind: string): Bytes[] =>
  rfc9292.vectors.filter(({ decoded }) => decoded.kind === kind).map(({ wire }) => fromHex(wire));

const request: BhttpRequest = {
  method: 'POST',
  scheme: 'https',
  authority: 'stickers',
  path: '/v1/search',
  fields: [
    ['content-type', 'application/json'],
    ['date', 'Sun, 22 Nov 2026 12:00:00 GMT'],
  ],
  content: utf8('{"q":"happy cat"}'),
  trailers: [['etag', 'x']],
};
const response: BhttpResponse = {
  informational: [{ status: 103, fields: [['link', '</style.css>']] }],
  status: 200,
  fields: [['content-type', 'application/json']],
  content: utf8('{"results":[]}'),
  trailers: [],
};
const INDETERMINATE = { framing: 'indeterminate-length' } as const;

export const bhttpTargets: readonly Target[] = [
  {
    name: 'bhttp request',
    seeds: [...vectorsOf('request'), encodeRequest(request), encodeRequest(request, INDETERMINATE)],
    run: requestTarget,
  },
  {
    name: 'bhttp response',
    seeds: [...vectorsOf('response'), encodeResponse(response), encodeResponse(response, INDETERMINATE)],
    run: responseTarget,
  },
];

/** One pull gives all bytes at once, the other a few at a time. */
const wholeOrPieces = (bytes: Bytes): Pull[] =>
  [bytes.length, 1 + (bytes.length % 97)].map((size) => {
    let at = 0;
    return async () => {
      const piece = bytes.subarray(at, (at += Math.max(size, 1)));
      return piece.length === 0 ? null : piece;
    };
  });

async function drained(pull: Pull): Promise<Bytes> {
  const pieces: Bytes[] = [];
  for (let piece = await pull(); piece !== null; piece = await pull()) pieces.push(piece);
  return concat(...pieces);
}

/** Opens a stream in both ways, which must agree. */
async function openedAlike(bytes: Bytes, open: (source: Pull) => Promise<Bytes>): Promise<string> {
  const [whole, inPieces] = await Promise.all(wholeOrPieces(bytes).map((source) => settled(open(source))));
  if (whole === undefined || inPieces === undefined) throw new DifferenceError('two results are missing');
  if ('error' in whole) {
    compare(codeIn(whole), codeIn(inPieces), 'read in pieces');
    throw whole.error;
  }
  if ('error' in inPieces || !equalBytes(whole.content, inPieces.content)) {
    throw new DifferenceError('read in pieces: another result');
  }
  return `${whole.content.length > 0}`;
}

type Settled = { readonly content: Bytes } | { readonly error: unknown };

const settled = (promise: Promise<Bytes>): Promise<Settled> =>
  promise.then(
    (content) => ({ content }),
    (error: unknown) => ({ error }),
  );

const codeIn = (result: Settled): unknown =>
  'error' in result ? (result.error as { code?: unknown }).code : 'none';

const SUITE = { kdfId: KDF.HKDF_SHA256, aeadId: AEAD.AES_128_GCM };
const counting: Random = (length) => Uint8Array.from({ length }, (_, i) => i + 1);

async function* yielding(...parts: readonly Bytes[]): AsyncGenerator<Bytes, void> {
  yield* parts;
}
const pullOf = (...parts: readonly Bytes[]): Pull => {
  const generator = yielding(...parts);
  return async () => (await generator.next()).value ?? null;
};

/** Targets of Oblivious HTTP, plain and chunked, in both directions. */
export async function ohttpTargets(): Promise<Target[]> {
  const hpke = nodeHpke();
  const privateKey = counting(32);
  const suites = [SUITE, { kdfId: KDF.HKDF_SHA256, aeadId: AEAD.CHACHA20_POLY1305 }];
  const key = await loadGatewayKey(hpke, { keyId: 1, kemId: KEM.X25519, privateKey, suites });
  const xWing = await loadGatewayKey(hpke, { keyId: 2, kemId: KEM.X_WING, privateKey, suites });
  const content = encodeRequest(request);
  const plain = await encapsulateRequest(hpke, key.config, SUITE, content, counting);
  const opened = await decapsulateRequest(hpke, [key], plain.encapsulatedRequest);
  const chunked = await encapsulateChunkedRequest(
    hpke,
    key.config,
    SUITE,
    counting,
    pullOf(content, content),
  );
  const chunkedBody = await drained(chunked.body);
  const chunkedOpened = await decapsulateChunkedRequest(hpke, [key], pullOf(chunkedBody));
  const chunkedResponse = await drained(chunkedOpened.sealResponse(pullOf(content, utf8('x')), counting));
  return [
    {
      name: 'key configurations',
      seeds: [encodeKeyConfigs([key.config, xWing.config]), encodeKeyConfigs([key.config])],
      run: (bytes) => `${decodeKeyConfigs(bytes).length}`,
    },
    {
      name: 'ohttp request',
      seeds: [plain.encapsulatedRequest],
      run: async (bytes) => `${(await decapsulateRequest(hpke, [key, xWing], bytes)).request.length > 0}`,
    },
    {
      name: 'ohttp response',
      seeds: [await opened.sealResponse(encodeResponse(response), counting)],
      run: async (bytes) => `${(await plain.openResponse(bytes)).length > 0}`,
    },
    {
      name: 'chunked ohttp request',
      seeds: [chunkedBody],
      run: (bytes) =>
        openedAlike(bytes, async (source) =>
          drained((await decapsulateChunkedRequest(hpke, [key], source)).request),
        ),
    },
    {
      name: 'chunked ohttp response',
      seeds: [chunkedResponse],
      run: (bytes) => openedAlike(bytes, (source) => drained(chunked.openResponse(source))),
    },
  ];
}
