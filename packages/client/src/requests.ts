import type { BhttpResponse, Field } from '@sotto/bhttp';
import { FLUSH_RESERVE } from '@sotto/ohttp';
import { VOPRF_RISTRETTO255 } from '@sotto/privacypass';
import type { Bytes } from '@sotto/wire';
import {
  Attempts,
  gatewayCause,
  mayRetry,
  recordGatewayDate,
  refusesKey,
  responseErrorCode,
  type AttemptState,
} from './attempts.ts';
import type { BundleCache } from './bundle-cache.ts';
import { unlessAborted } from './deadline.ts';
import { ClientError, clientError, type Attempt, type ClientErrorCode } from './error.ts';
import { joined } from './chunked-exchange.ts';
import { sealEnvelope, type ContentStream, type Envelope, type ExchangeDeps } from './exchange.ts';
import { UnreachableError } from './http.ts';
import { readBody } from './body.ts';
import { checkFits, encodeInner, headOf, requestIdentity, type InnerRequest } from './inner.ts';
import type { ClientPlatform } from './platform.ts';
import type { TokenManager } from './token-manager.ts';
import { MAX_TRIES } from './wallet/tokens.ts';

/** The response of a service. */
export interface ServiceResponse {
  readonly status: number;
  /** Header fields in order, names in lower case. */
  readonly fields: readonly Field[];
  readonly content: Bytes;
}

/** The response of a service whose content may arrive piece by piece. */
export interface OpenResponse extends ServiceResponse {
  /** The content, if it streams; null if `content` is all of it. */
  readonly stream: ContentStream | null;
}

/** A request to a service. */
export interface ServiceRequest {
  /** Default: GET without content, POST with it. */
  readonly method?: string;
  /** Absolute path with an optional query. */
  readonly path: string;
  /** Further header fields, which the row of the service admits: lower-case names, each once. Default: none. */
  readonly fields?: readonly Field[];
  /** Default: `application/octet-stream`. */
  readonly contentType?: string;
  /** Default: empty. */
  readonly content?: Bytes;
}

/** A request whose content may be read as it is sent. */
export interface OpenRequest extends ServiceRequest {
  /** In place of `content`. Where the service or the platform takes no stream, it is read to its end first. */
  readonly body?: ReadableStream<Uint8Array>;
}

/** How a request may use tokens. */
export interface RequestOptions {
  /** The user's consent to use a token that has not rested, and to request more tokens if there is none. */
  readonly allowFresh?: boolean;
  /** The id of an earlier attempt at exactly this request, whose token is used again. */
  readonly attempt?: string;
  /** Ends the request. A token that was not sent yet returns to the wallet; otherwise it is used up. */
  readonly signal?: AbortSignal;
}

/** The dependencies of requests. */
export interface RequestsDeps extends ExchangeDeps, Pick<ClientPlatform, 'now' | 'upload'> {
  readonly sleep: NonNullable<ClientPlatform['sleep']>;
  readonly bundles: BundleCache;
  readonly tokens: TokenManager;
}

/** A response with all of its content. */
export async function whole({ stream, ...response }: OpenResponse): Promise<OpenResponse> {
  return {
    ...response,
    content: stream === null ? response.content : await joined(stream.read),
    stream: null,
  };
}

const NO_CONTENT = new Uint8Array(0);

/** Requests to services: one token per request, one envelope per try, and a retry only by the user's act. */
export class Requests {
  readonly #deps: RequestsDeps;
  readonly #attempts = new Attempts();

  constructor(deps: RequestsDeps) {
    this.#deps = deps;
  }

  /** As `open`, and reads all of the content. @throws {ClientError} */
  async request(
    service: string,
    request: ServiceRequest,
    options: RequestOptions,
    ownServerErrors = false,
  ): Promise<ServiceResponse> {
    return whole(await this.open(service, request, options, ownServerErrors));
  }

  /**
   * @param ownServerErrors - whether a 5xx of the service itself is an error, after which the user may retry
   * @throws {ClientError}
   */
  async open(
    service: string,
    { contentType = 'application/octet-stream', body, ...rest }: OpenRequest,
    { allowFresh = false, attempt, signal }: RequestOptions,
    ownServerErrors = false,
  ): Promise<OpenResponse> {
    if (signal?.aborted === true) throw signal.reason;
    const { bundles, tokens } = this.#deps;
    const { services } = await unlessAborted(signal, bundles.current());
    const entry = services.get(service);
    if (entry === undefined) throw new ClientError('unknown-service');
    const source = entry.streamsRequests && this.#deps.upload !== undefined ? (body ?? null) : null;
    const content =
      body === undefined || source !== null
        ? (rest.content ?? NO_CONTENT)
        : await unlessAborted(signal, readBody(body, entry.requestLength));
    const { path, method = content.length > 0 || source !== null ? 'POST' : 'GET', fields = [] } = rest;
    const request: InnerRequest = { service, method, path, contentType, fields, content };
    const needsToken = entry.tokenType !== 0;
    // Tokens of any other type are for other clients: a refill would cost a voucher and bring none.
    if (needsToken && entry.tokenType !== VOPRF_RISTRETTO255) throw new ClientError('unknown-service');
    checkFits(request, needsToken, entry.requestLength - (source === null ? 0 : FLUSH_RESERVE));
    if (source !== null && attempt !== undefined) throw new ClientError('attempt-over');
    const state = { request, body: source, ownServerErrors, id: null, tries: 1, date: null, dateUsed: false };
    if (!needsToken) return this.#try(state, null, signal);
    const identity = requestIdentity(request);
    const taking =
      attempt === undefined ? tokens.take(service, identity, allowFresh) : tokens.retake(attempt, identity);
    const { id, tries, token } = await unlessAborted(signal, taking).catch((error: unknown) => {
      // The wallet may give the token later: it was not sent, so it goes back.
      if (signal?.aborted === true)
        taking.then((late) => this.#putBack({ ...state, ...late })).catch(() => {});
      throw error;
    });
    return this.#try({ ...state, id, tries }, token, signal);
  }

  /** @throws {ClientError} */
  async retry(attempt: Attempt): Promise<ServiceResponse> {
    const state = this.#attempts.find(attempt);
    if (state.id === null) {
      if (state.tries >= MAX_TRIES) throw new ClientError('attempt-over');
      state.tries++;
      return whole(await this.#try(state, null));
    }
    const { token, tries } = await this.#deps.tokens.retake(state.id, requestIdentity(state.request));
    state.tries = tries;
    return whole(await this.#try(state, token));
  }

  /** Sends one envelope. The outcome decides whether the user may retry. */
  async #try(state: AttemptState, token: Bytes | null, signal?: AbortSignal): Promise<OpenResponse> {
    const envelope = await this.#seal(state, token).catch(async (error: unknown) => {
      await this.#putBack(state);
      throw clientError(error, 'bundle-refused');
    });
    if (signal?.aborted === true) {
      await this.#putBack(state);
      throw signal.reason;
    }
    const response = await envelope.send(signal).catch(async (error: unknown) => {
      if (signal?.aborted !== true) return this.#fail(state, error);
      await this.#settle(state);
      throw signal.reason;
    });
    const code = responseErrorCode(response, state.ownServerErrors);
    if (code !== null) return this.#refuse(state, token, code, response);
    const { status, fields, content, stream } = response;
    if (stream !== null) return { status, fields, content, stream: this.#settling(state, stream, signal) };
    await this.#settle(state);
    return { status, fields, content, stream };
  }

  /** A stream whose end decides about the token: after one that breaks off the user may retry. */
  #settling(state: AttemptState, stream: ContentStream, signal?: AbortSignal): ContentStream {
    return {
      read: async () => {
        const piece = await stream.read().catch(async (error: unknown) => {
          if (signal?.aborted !== true) return this.#fail(state, error);
          await this.#settle(state);
          throw signal.reason;
        });
        if (piece === null) await this.#settle(state);
        return piece;
      },
      cancel: () => {
        stream.cancel();
        void this.#settle(state);
      },
    };
  }

  async #seal(state: AttemptState, token: Bytes | null): Promise<Envelope> {
    const { bundles, now, sleep, upload } = this.#deps;
    const active = await bundles.current();
    const entry = active.services.get(state.request.service);
    if (entry === undefined) throw new ClientError('unknown-service');
    const date = state.date ?? now();
    state.dateUsed = state.date !== null;
    const { request, body } = state;
    const inner =
      body === null || upload === undefined
        ? encodeInner(request, { token, date, length: entry.requestLength })
        : upload(headOf(request, { token, date }), body, entry.requestLength, sleep);
    return sealEnvelope(this.#deps, active, inner, entry);
  }

  /** There is no response of the gateway that could be opened. */
  async #fail(state: AttemptState, error: unknown): Promise<never> {
    if (error instanceof UnreachableError) {
      if (!error.sent && (await this.#putBack(state)))
        throw new ClientError('relay-unreachable', { cause: error });
      return this.#end(state, 'relay-unreachable', true, error);
    }
    const { code, cause } = clientError(error, 'answer-unreadable');
    if (code === 'keys-changed') this.#deps.bundles.refetchLater();
    return this.#end(state, code, true, cause);
  }

  /** The gateway refused the request, or the service failed. */
  async #refuse(
    state: AttemptState,
    token: Bytes | null,
    code: ClientErrorCode,
    response: BhttpResponse,
  ): Promise<never> {
    if (token !== null && refusesKey(response)) await this.#deps.tokens.dropKey(token).catch(() => {});
    const retryable = code !== 'clock-wrong' || recordGatewayDate(state, response);
    return this.#end(state, code, retryable, gatewayCause(response));
  }

  async #end(state: AttemptState, code: ClientErrorCode, retryable: boolean, cause: unknown): Promise<never> {
    const open = retryable && mayRetry(code) && state.body === null && state.tries < MAX_TRIES;
    if (!open) await this.#settle(state);
    throw new ClientError(code, { cause, attempt: open ? this.#attempts.add(state) : null });
  }

  /** Puts back a token that was never sent. False if it may have been sent by an earlier try. */
  async #putBack({ id, tries }: AttemptState): Promise<boolean> {
    if (tries > 1) return false;
    if (id !== null) await this.#deps.tokens.putBack(id).catch(() => {});
    return true;
  }

  /** Forgets the token. If the wallet fails now, a row stays until it expires; the response must not be lost. */
  async #settle({ id }: AttemptState): Promise<void> {
    if (id !== null) await this.#deps.tokens.settle(id).catch(() => {});
  }
}
