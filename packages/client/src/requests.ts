import type { Field } from '@sotto/bhttp';
import type { Bytes } from '@sotto/wire';
import { Attempts, mayRetry, recordGatewayDate, responseErrorCode, type AttemptState } from './attempts.ts';
import type { BundleCache } from './bundle-cache.ts';
import { ClientError, clientError, type Attempt } from './error.ts';
import { exchange, type ExchangeDeps } from './exchange.ts';
import { checkFits, encodeInner, requestIdentity, type InnerRequest } from './inner.ts';
import type { ClientPlatform } from './platform.ts';
import type { TokenManager } from './token-manager.ts';
import { MAX_TRIES, requestFingerprint } from './wallet/tokens.ts';

/** The response of a service. */
export interface ServiceResponse {
  readonly status: number;
  /** Header fields in order, names in lower case. */
  readonly fields: readonly Field[];
  readonly content: Bytes;
}

/** A request to a service. */
export type ServiceRequest = Omit<InnerRequest, 'service'>;

/** How a request may use tokens. */
export interface RequestOptions {
  /** The user's consent to use a token that has not rested, and to request more tokens if there is none. */
  readonly allowFresh?: boolean;
  /** The id of an earlier attempt at exactly this request, whose token is used again. */
  readonly attempt?: string;
}

/** What requests need. */
export interface RequestsDeps extends ExchangeDeps, Pick<ClientPlatform, 'now'> {
  readonly bundles: BundleCache;
  readonly tokens: TokenManager;
}

const fingerprintOf =
  (request: InnerRequest) =>
  (token: Bytes): Bytes =>
    requestFingerprint(token, requestIdentity(request));

/** Requests to services: one token per request, one envelope per try, and a retry only when the user asks for it. */
export class Requests {
  readonly #deps: RequestsDeps;
  readonly #attempts = new Attempts();

  constructor(deps: RequestsDeps) {
    this.#deps = deps;
  }

  /** @throws {ClientError} */
  async request(
    service: string,
    serviceRequest: ServiceRequest,
    { allowFresh = false, attempt }: RequestOptions,
  ): Promise<ServiceResponse> {
    const { bundles, tokens } = this.#deps;
    const request: InnerRequest = { ...serviceRequest, service };
    const entry = (await bundles.current()).services.get(service);
    if (entry === undefined) throw new ClientError('unknown-service');
    const needsToken = entry.tokenType !== 0;
    checkFits(request, needsToken, entry.requestLength);
    const state = { request, id: null, tries: 1, date: null, dateUsed: false };
    if (!needsToken) return this.#send(state, null);
    const fingerprint = fingerprintOf(request);
    const { id, tries, token } =
      attempt === undefined
        ? await tokens.take(service, fingerprint, allowFresh)
        : await tokens.retake(attempt, fingerprint);
    return this.#send({ ...state, id, tries }, token);
  }

  /** @throws {ClientError} */
  async retry(attempt: Attempt): Promise<ServiceResponse> {
    const state = this.#attempts.find(attempt);
    if (state.id === null) {
      if (state.tries >= MAX_TRIES) throw new ClientError('attempt-over');
      state.tries++;
      return this.#send(state, null);
    }
    const { token, tries } = await this.#deps.tokens.retake(state.id, fingerprintOf(state.request));
    state.tries = tries;
    return this.#send(state, token);
  }

  /** Sends one envelope. The outcome decides whether the user may retry. */
  async #send(state: AttemptState, token: Bytes | null): Promise<ServiceResponse> {
    let retryable = true;
    try {
      const response = await this.#exchange(state, token);
      const code = responseErrorCode(response);
      if (code === 'clock-wrong') retryable = recordGatewayDate(state, response);
      if (code !== null) throw new ClientError(code);
      await this.#settle(state);
      const { status, fields, content } = response;
      return { status, fields, content };
    } catch (error) {
      const { code } = clientError(error, 'answer-unreadable');
      if (code === 'keys-changed') this.#deps.bundles.refetchLater();
      const open = retryable && mayRetry(code) && state.tries < MAX_TRIES;
      if (!open) await this.#settle(state);
      throw new ClientError(code, { attempt: open ? this.#attempts.add(state) : null });
    }
  }

  async #exchange(state: AttemptState, token: Bytes | null): ReturnType<typeof exchange> {
    const { bundles, now } = this.#deps;
    const active = await bundles.current();
    const entry = active.services.get(state.request.service);
    if (entry === undefined) throw new ClientError('unknown-service');
    const date = state.date ?? now();
    state.dateUsed = state.date !== null;
    const inner = encodeInner(state.request, { token, date, length: entry.requestLength });
    return exchange(this.#deps, active, inner, entry.responseLength);
  }

  /** Forgets the token. If the wallet fails now, a row stays until it expires; the response must not be lost. */
  async #settle({ id }: AttemptState): Promise<void> {
    if (id !== null) await this.#deps.tokens.settle(id).catch(() => {});
  }
}
