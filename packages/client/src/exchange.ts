import type { BhttpResponse } from '@sotto/bhttp';
import type { ServiceEntry } from '@sotto/bundle';
import {
  encapsulatedResponseLength,
  encapsulateRequest,
  MEDIA_TYPES,
  OHTTP_KEY_PROBLEM,
  type Aead,
  type Hpke,
} from '@sotto/ohttp';
import { fromUtf8, type Bytes } from '@sotto/wire';
import type { ActiveBundle } from './bundle-cache.ts';
import { ClientError } from './error.ts';
import { sendRequest, type HttpResult } from './http.ts';
import { decodeInner } from './inner.ts';
import type { ClientPlatform } from './platform.ts';
import { sealChunkedEnvelope } from './chunked-exchange.ts';
import type { Upload } from './upload.ts';

/** The dependencies of an exchange. */
export interface ExchangeDeps extends Pick<ClientPlatform, 'fetch' | 'random' | 'deadline'> {
  readonly relay: string;
  readonly hpke: Hpke;
}

/** An envelope that is ready to be sent. */
export interface Envelope {
  /**
   * Sends the envelope to the relay, once, and to nobody else (privacy L15), and opens the response.
   *
   * @param signal - ends the exchange
   *
   * @throws {UnreachableError} if there is no response
   * @throws {ClientError} `relay-failed`, `too-many-requests`, `keys-changed`, `answer-unreadable`
   */
  send(signal?: AbortSignal): Promise<ExchangeResponse>;
}

/** A response of the gateway or of a service. */
export interface ExchangeResponse extends BhttpResponse {
  /** The rest of the content, if it streams; null if `content` is all of it. */
  readonly stream: ContentStream | null;
}

/** Content that arrives. */
export interface ContentStream {
  /** The next piece; null once the response is whole. @throws {ClientError} `response-broken` */
  readonly read: () => Promise<Bytes | null>;
  /** Ends the exchange. */
  readonly cancel: () => void;
}

const HEADERS = { 'content-type': MEDIA_TYPES.request };
export const MAX_PROBLEM = 4096; // bytes

/**
 * Encapsulates a request in a new HPKE context (RFC 9458 §4).
 *
 * @param request - a padded Binary HTTP request, or one that is sent as it is read, which only a service that streams takes
 * @param entry - bytes of every padded response of this service, and whether it streams; another response is refused
 * @throws {ClientError} `bundle-refused` if the bundle's suite is not supported or its key is not valid
 */
export function sealEnvelope(
  deps: ExchangeDeps,
  active: ActiveBundle,
  request: Bytes | Upload,
  { responseLength, streams }: Pick<ServiceEntry, 'responseLength' | 'streams'>,
): Promise<Envelope> {
  return streams || !(request instanceof Uint8Array)
    ? sealChunkedEnvelope(deps, active, request, responseLength)
    : sealPlainEnvelope(deps, active, request, responseLength);
}

/** The AEAD of the bundle's suite. @throws {ClientError} `bundle-refused` */
export function aeadOf({ hpke }: ExchangeDeps, { bundle }: ActiveBundle): Aead {
  const aead = hpke.aeads.find(({ id }) => id === bundle.suite.aeadId);
  if (aead === undefined) throw new ClientError('bundle-refused');
  return aead;
}

async function sealPlainEnvelope(
  deps: ExchangeDeps,
  active: ActiveBundle,
  request: Bytes,
  responseLength: number,
): Promise<Envelope> {
  const { hpke, random, relay, ...platform } = deps;
  const { bundle, config } = active;
  const aead = aeadOf(deps, active);
  const expectedLength = encapsulatedResponseLength(aead, responseLength);
  const sealed = await encapsulateRequest(hpke, config, bundle.suite, request, random).catch(
    (cause: unknown) => {
      throw new ClientError('bundle-refused', { cause });
    },
  );
  const outer = {
    headers: HEADERS,
    body: sealed.encapsulatedRequest,
    maxBytes: expectedLength + MAX_PROBLEM, // so that a response that is too long differs from no response
  };
  return {
    async send(signal) {
      const response = await sendRequest(platform, `${relay}/ohttp`, { ...outer, signal });
      if (response.status !== 200) throw outerError(response);
      if (response.type !== MEDIA_TYPES.response) throw new ClientError('relay-failed');
      if (response.body.length !== expectedLength) throw new ClientError('answer-unreadable');
      const opened = await sealed.openResponse(response.body).catch((cause: unknown) => {
        throw new ClientError('answer-unreadable', { cause });
      });
      return { ...decodeInner(opened), stream: null };
    },
  };
}

/** The error of a response that is not encapsulated: from the relay, or from a gateway that could not open the envelope. */
export function outerError({ status, type, body }: HttpResult): ClientError {
  if (status === 429) return new ClientError('too-many-requests');
  const isProblem = status >= 400 && status < 500 && type === 'application/problem+json';
  return new ClientError(isProblem && isKeyProblem(body) ? 'keys-changed' : 'relay-failed');
}

function isKeyProblem(body: Bytes): boolean {
  try {
    return (JSON.parse(fromUtf8(body)) as { type?: unknown } | null)?.type === OHTTP_KEY_PROBLEM;
  } catch {
    return false;
  }
}
