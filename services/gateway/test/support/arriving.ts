import { decodeResponse, messageParts, type BhttpRequest } from '@sotto/bhttp';
import { encapsulateChunkedRequest, type Pull } from '@sotto/ohttp';
import { concat, EMPTY, fromUtf8, utf8, type Bytes } from '@sotto/wire';
import type { Service, ServiceRequest } from '../../src/service/service.ts';
import { drain, inner, joined, pullFrom, streamOf } from './client.ts';
import { testGateway, outerCode, row, type TestGateway, type TestGatewayOptions } from './gateway.ts';

const LENGTH = 40_000; // bytes of a response
export const CHUNKED = { 'content-type': 'message/ohttp-chunked-req' };
export const lengths = { name: 'stream', requestLength: 100_000, responseLength: LENGTH };
export const speech = {
  ...row('speech', { type: 5 }, true),
  chunked: false,
  stream: { flushMs: 20, requests: true },
  lengths,
};

/** A queue of pieces of plaintext: the test puts, the sealer waits. */
class Queue {
  readonly #left: (Bytes | null)[] = [];
  #wake: () => void = () => {};

  put(piece: Bytes | null): void {
    this.#left.push(piece);
    this.#wake();
  }

  readonly pull: Pull = async () => {
    while (this.#left.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#left.shift() ?? null;
  };
}

/** A head in indeterminate-length framing, without the end of its content. */
export async function headOf(request: BhttpRequest): Promise<Bytes> {
  const first = await messageParts(request, streamOf([]), { fits: () => true }).next();
  return first.value ?? EMPTY;
}

export const pieceOf = (text: string): Bytes => concat(Uint8Array.of(text.length), utf8(text));
export const LARGE_PIECE = concat(Uint8Array.of(0x43, 0xe8), new Uint8Array(1000).fill(120)); // 1,000 bytes
export const END = new Uint8Array(100); // of content and trailers, and padding

/** The outcome of a request: the response inside, or the problem outside. */
export interface Outcome {
  readonly outer: number;
  readonly status: number;
  readonly code: string;
  readonly text: string;
  /** Bytes on the wire. */
  readonly length: number;
}

/** A request that the test writes, and its outcome. */
export async function asking(of: TestGateway, changes: Partial<BhttpRequest> = {}) {
  const { hpke, config, suite, random } = await of.sealer();
  const plain = new Queue();
  const sealed = await encapsulateChunkedRequest(hpke, config, suite, random, plain.pull);
  let sending!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => void (sending = controller),
      async pull(controller) {
        const piece = await sealed.body();
        if (piece === null) controller.close();
        else controller.enqueue(piece);
      },
    },
    { highWaterMark: 0 },
  );
  const fields = changes.fields ?? (await of.fields('speech'));
  plain.put(await headOf(inner({ authority: 'speech', ...changes, fields })));
  let isDone = false;
  const respond = async (): Promise<Outcome> => {
    const response = await of.post(body, CHUNKED);
    isDone = true;
    if (response.status !== 200)
      return { outer: response.status, status: 0, code: await outerCode(response), text: '', length: 0 };
    const bytes = new Uint8Array(await response.arrayBuffer());
    const message = joined(await drain(sealed.openResponse(pullFrom([bytes]))));
    const { status, content } = decodeResponse(message);
    const text = fromUtf8(content);
    const { code = '' } = status >= 400 ? (JSON.parse(text) as { code?: string }) : {};
    return { outer: 200, status, code, text, length: bytes.length };
  };
  const outcome = respond();
  outcome.catch(() => {});
  return {
    outcome,
    isDone: () => isDone,
    send: (text: string) => plain.put(pieceOf(text)),
    put: (bytes: Bytes | null) => plain.put(bytes),
    end: (tail = END) => {
      plain.put(tail);
      plain.put(null);
    },
    cut: () => sending.error(new Error('reset')),
    truncate: () => sending.close(),
  };
}

type Respond = (body: string | ReadableStream<Uint8Array>) => void;

/** A call that waits for its response. */
export interface Call {
  readonly request: ServiceRequest;
  readonly deadline: AbortSignal;
  readonly respond: Respond;
}

/** A service that the test drives: it responds to its first call when told. */
export function driven() {
  let wake: (call: Call) => void = () => {};
  const called = new Promise<Call>((resolve) => (wake = resolve));
  const service: Service = {
    call: (request, deadline) =>
      new Promise((resolve) => {
        const respond: Respond = (body) =>
          resolve({ status: 200, fields: [], content: typeof body === 'string' ? utf8(body) : body });
        wake({ request, deadline, respond });
      }),
  };
  return { called, service };
}

export const readerOf = ({ content }: ServiceRequest): ReadableStreamDefaultReader<Uint8Array> => {
  if (content instanceof Uint8Array) throw new Error('the content came whole');
  return content.getReader();
};
export const textOf = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> =>
  fromUtf8((await reader.read()).value as Bytes);

export const arrivingGateway = (
  services: TestGatewayOptions['services'] = {},
  more: Partial<TestGatewayOptions> = {},
): Promise<TestGateway> => testGateway({ rows: [speech], services, ...more });

/** Runs everything that waits for no timer. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}
