import { BhttpError, decodeResponseStream, type ResponseStream } from '@sotto/bhttp';
import {
  chunkedResponseLength,
  encapsulateChunkedRequest,
  MAX_CHUNK,
  MEDIA_TYPES,
  OhttpError,
  type Pull,
} from '@sotto/ohttp';
import { concat, type Bytes } from '@sotto/wire';
import type { ActiveBundle } from './bundle-cache.ts';
import { ClientError } from './error.ts';
import {
  aeadOf,
  MAX_PROBLEM,
  outerError,
  type ContentStream,
  type Envelope,
  type ExchangeDeps,
} from './exchange.ts';
import { anySignal } from './deadline.ts';
import { bodyOf } from './fetch.ts';
import { openRequest, type HttpStream } from './http.ts';
import { isFromGateway } from './inner.ts';
import type { Upload } from './upload.ts';

/** `Incremental: ?1` asks every hop to forward pieces as they arrive (draft-ietf-httpbis-incremental). */
const HEADERS = { 'content-type': MEDIA_TYPES.chunkedRequest, incremental: '?1' };

/**
 * Encapsulates a request in chunks, whose response streams (draft-ietf-ohai-chunked-ohttp §6). A request that is bytes is sent
 * whole, and its chunks follow from its one length; an upload is sent as it is read.
 *
 * @param responseLength - bytes of a padded response. All responses have as many bytes on the wire as one in full chunks
 * @throws {ClientError} `bundle-refused`
 */
export async function sealChunkedEnvelope(
  deps: ExchangeDeps,
  active: ActiveBundle,
  request: Bytes | Upload,
  responseLength: number,
): Promise<Envelope> {
  const { hpke, random, relay, ...platform } = deps;
  const { bundle, config } = active;
  const expected = chunkedResponseLength(aeadOf(deps, active), responseLength);
  const upload = request instanceof Uint8Array ? null : request;
  const plaintext = request instanceof Uint8Array ? pullFrom([request]) : request.plaintext;
  const sealed = await encapsulateChunkedRequest(hpke, config, bundle.suite, random, plaintext).catch(
    (cause: unknown) => {
      throw new ClientError('bundle-refused', { cause });
    },
  );
  const body =
    upload === null ? await joined(sealed.body) : bodyOf({ read: sealed.body, cancel: upload.cancel });
  const outer = { headers: HEADERS, body, maxBytes: expected + MAX_PROBLEM };
  return {
    async send(signal) {
      const response = await opened(
        openRequest(platform, `${relay}/ohttp`, { ...outer, signal: anySignal(signal, upload?.failed) }),
        upload,
      );
      let received = 0; // bytes
      const source: Pull = async () => {
        const piece = await response.read();
        received += piece?.length ?? 0;
        return piece;
      };
      const inner = await decodeResponseStream(sealed.openResponse(source, MAX_CHUNK), responseLength).catch(
        (error: unknown) => {
          response.cancel();
          throw isBroken(error) ? new ClientError('answer-unreadable', { cause: error }) : error;
        },
      );
      const { informational, status, fields } = inner;
      const head = { informational, status, fields, content: NO_CONTENT, trailers: [] };
      const stream = streamOf(inner, response, () => received === expected);
      if (!isFromGateway(head)) return { ...head, stream };
      return { ...head, content: await joined(stream.read), stream: null }; // a problem, by which the client decides
    },
  };
}

/**
 * Returns a chunked response. Any other response, or none, ends the upload. @throws {ClientError} its error,
 * if it failed
 */
async function opened(opening: Promise<HttpStream>, upload: Upload | null): Promise<HttpStream> {
  try {
    const response = await opening;
    await refuseOthers(response);
    return response;
  } catch (error) {
    upload?.cancel(error);
    throw upload?.failed.aborted === true ? upload.failed.reason : error;
  }
}

const NO_CONTENT = new Uint8Array(0);

/** @throws {ClientError} for a response that is not an encapsulated one in chunks */
async function refuseOthers(response: HttpStream): Promise<void> {
  const { status, type } = response;
  if (status === 200 && type === MEDIA_TYPES.chunkedResponse) return;
  const body = await joined(response.read, MAX_PROBLEM).catch(() => NO_CONTENT);
  response.cancel();
  throw status === 200 ? new ClientError('relay-failed') : outerError({ status, type, body });
}

/** @param isWhole - whether as many bytes have arrived as a whole response has */
function streamOf(
  { content }: ResponseStream,
  { cancel }: HttpStream,
  isWhole: () => boolean,
): ContentStream {
  return {
    cancel,
    async read() {
      const piece = await content().catch((cause: unknown) => {
        cancel();
        throw new ClientError('response-broken', { cause });
      });
      if (piece === null && !isWhole()) throw new ClientError('response-broken');
      return piece;
    },
  };
}

/** Whether bytes arrived that are not a valid response. False when none arrived. */
const isBroken = (error: unknown): boolean => error instanceof OhttpError || error instanceof BhttpError;

function pullFrom(pieces: Bytes[]): Pull {
  return async () => pieces.shift() ?? null;
}

/** All pieces; those beyond `limit` bytes are left out. */
export async function joined(pull: Pull, limit = Infinity): Promise<Bytes> {
  const pieces: Bytes[] = [];
  let length = 0;
  for (let piece = await pull(); piece !== null && length < limit; piece = await pull()) {
    pieces.push(piece);
    length += piece.length;
  }
  return concat(...pieces);
}
