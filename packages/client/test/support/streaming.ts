import { decodeRequest, encodeResponse } from '@sotto/bhttp';
import {
  chunkedResponseLength,
  decapsulateChunkedRequest,
  MEDIA_TYPES,
  sealedChunkLength,
  type Pull,
} from '@sotto/ohttp';
import { concat, EMPTY, fromUtf8, utf8, varint, type Bytes } from '@sotto/wire';
import { expect } from 'vitest';
import { memoryWallet, type ClientOptions, type Fetch, type FetchInit } from '../../src/index.ts';
import type { inner } from './gateway.ts';
import { World } from './world.ts';

const LENGTH = 4096; // bytes of a response
const AEAD = { Nn: 12, Nk: 16, Nt: 16 } as never;

const [Stream, StreamResponse] = [ReadableStream, Response]; // a test may take them from the client

/** A queue of pieces: the test puts, the reader waits. */
class Queue {
  readonly #left: (Bytes | null | Error)[] = [];
  #wake: () => void = () => {};

  put(piece: Bytes | null | Error): void {
    this.#left.push(piece);
    this.#wake();
  }

  readonly pull: Pull = async () => {
    while (this.#left.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    const piece = this.#left.shift() ?? null;
    if (piece instanceof Error) throw piece;
    return piece;
  };
}

function pullFrom(body: Bytes | ReadableStream<Uint8Array>): Pull {
  if (body instanceof Uint8Array) {
    const left = [body];
    return async () => left.shift() ?? null;
  }
  const reader = body.getReader();
  return async () => ((await reader.read()).value as Bytes | undefined) ?? null;
}

/** The gateway's side of one response: the test writes its plaintext. */
export class Sender {
  readonly plain = new Queue();
  #wire = chunkedResponseLength(AEAD, LENGTH) - 16 - 17; // response_nonce and final chunk
  status = 200;

  head(fields: readonly (readonly [string, string])[] = []): void {
    const response = { informational: [], status: this.status, fields, content: EMPTY, trailers: [] };
    this.send(encodeResponse(response, { framing: 'indeterminate-length' }).subarray(0, -2));
  }

  content(text: string): void {
    this.send(concat(varint(utf8(text).length), utf8(text)));
  }

  send(bytes: Bytes): void {
    this.#wire -= sealedChunkLength(AEAD, bytes.length);
    this.plain.put(bytes);
  }

  end({ padding = 0 } = {}): void {
    this.send(Uint8Array.of(0, 0));
    this.send(new Uint8Array(this.#wire - 18 + padding)); // 2 bytes of length and a tag
    this.plain.put(null);
  }
}

/** A world whose stickers stream. The network delivers pieces of the response as the gateway seals them. */
export async function streaming({
  hasStreams = true,
  streamsRequests = false,
  outside,
  platform = {},
}: {
  readonly hasStreams?: boolean;
  /** Whether the service takes requests that stream. */
  readonly streamsRequests?: boolean;
  readonly outside?: () => Response;
  readonly platform?: Partial<ClientOptions>;
} = {}) {
  const world = await World.create();
  world.alter = (bundle) => ({
    ...bundle,
    services: bundle.services.map((entry) => ({ ...entry, streams: true, streamsRequests })),
  });
  const wallet = memoryWallet();
  const senders: Sender[] = [];
  const arrived: Bytes[] = []; // plaintext of requests, chunk by chunk
  const wires: number[] = []; // bytes of whole requests
  /** A hook between client and gateway. */
  let upload: (pieces: Pull) => Promise<Bytes | null> = (pieces) => pieces();
  const inits: FetchInit[] = [];
  /** A hook between gateway and client. */
  let network: (sealed: Pull) => Pull = (sealed) => sealed;
  const refused: ReturnType<typeof inner>[] = [];
  const options = world.options();
  const fetch: Fetch = async (url, init) => {
    if (!url.endsWith('/ohttp')) return options.fetch(url, init);
    inits.push(init);
    if (outside !== undefined) return outside();
    const pieces = pullFrom(init.body ?? EMPTY);
    let wire = 0; // bytes
    const opened = await decapsulateChunkedRequest(world.gateway.hpke, world.gateway.keys, async () => {
      const piece = await upload(pieces);
      wire += piece?.length ?? 0;
      return piece;
    });
    const parts: Bytes[] = [];
    for (let part = await opened.request(); part !== null; part = await opened.request()) {
      arrived.push(part);
      parts.push(part);
    }
    wires.push(wire);
    world.gateway.seen.push(decodeRequest(concat(...parts)));
    const sender = new Sender();
    senders.push(sender);
    const refusal = refused.shift();
    if (refusal !== undefined) {
      sender.status = refusal.status;
      sender.head([['content-type', refusal.type ?? ''], ...(refusal.fields ?? [])]);
      sender.content(fromUtf8(refusal.content));
      sender.end();
    }
    const pull = network(opened.sealResponse(sender.plain.pull, world.random));
    const stream = new Stream({
      async pull(controller) {
        const piece = await pull();
        if (piece === null) controller.close();
        else controller.enqueue(piece);
      },
    });
    const response = new StreamResponse(stream, { headers: { 'content-type': MEDIA_TYPES.chunkedResponse } });
    const { status, headers } = response;
    return hasStreams ? response : { status, headers, arrayBuffer: () => response.arrayBuffer() };
  };
  const client = world.client({ wallet, restSeconds: 0, fetch, ...platform });
  await client.refill();
  return {
    world,
    client,
    inits,
    arrived,
    wires,
    uploadThrough: (between: typeof upload) => void (upload = between),
    refused,
    through: (between: typeof network) => void (network = between),
    left: (): Promise<[number, number]> =>
      wallet.update(({ tokens, pending }) => [tokens.length, pending.length]),
    /** Starts a request. */
    open: async (init: Parameters<typeof client.fetch>[1] = {}) => {
      const fetching = client.fetch('https://stickers/x', init);
      fetching.catch(() => {});
      const before = senders.length;
      await expect.poll(() => senders.length, { timeout: 10_000 }).toBe(before + 1);
      const sender = senders.at(-1) as Sender;
      return { sender, fetching };
    },
  };
}
