import type { Field } from '@sotto/bhttp';
import type { Bytes } from '@sotto/wire';
import { answerError, Attempts, mayRetry, noteDate, type Remembered } from './attempts.ts';
import { ClientError, clientError, type Attempt } from './error.ts';
import { exchange, type ExchangeDeps } from './exchange.ts';
import { checkFits, encodeInner, identity, type InnerRequest } from './inner.ts';
import type { Keys } from './keys.ts';
import type { Platform } from './platform.ts';
import { MAX_TRIES, requestMark } from './purse.ts';
import type { Tokens } from './tokens.ts';

/** What a service answered, opened. */
export interface ServiceResponse {
  readonly status: number;
  readonly fields: readonly Field[];
  readonly content: Bytes;
}

export type ServiceRequest = Omit<InnerRequest, 'service'>;

export interface RequestOptions {
  /** The user's consent to spend a token that has not rested, and to draw more if there is none. */
  readonly allowFresh?: boolean;
  /** The id of an earlier attempt at this very request, whose token is used again. */
  readonly attempt?: string;
}

export interface RequestsDeps extends ExchangeDeps, Pick<Platform, 'now'> {
  readonly keys: Keys;
  readonly tokens: Tokens;
}

const markOf =
  (request: InnerRequest) =>
  (token: Bytes): Bytes =>
    requestMark(token, identity(request));

/** Requests to services: a token each, an envelope a try, and a try only when its user asks. */
export class Requests {
  readonly #deps: RequestsDeps;
  readonly #attempts = new Attempts();

  constructor(deps: RequestsDeps) {
    this.#deps = deps;
  }

  async request(
    service: string,
    what: ServiceRequest,
    { allowFresh = false, attempt }: RequestOptions,
  ): Promise<ServiceResponse> {
    const { keys, tokens } = this.#deps;
    const request: InnerRequest = { ...what, service };
    const entry = (await keys.current()).services.get(service);
    if (entry === undefined) throw new ClientError('unknown-service');
    const bears = entry.tokenType !== 0;
    checkFits(request, bears, entry.requestLength);
    const fresh = { request, id: null, tries: 1, date: null, dateUsed: false };
    if (!bears) return this.#once(fresh, null);
    const mark = markOf(request);
    const { id, tries, token } =
      attempt === undefined
        ? await tokens.take(service, mark, allowFresh)
        : await tokens.retake(attempt, mark);
    return this.#once({ ...fresh, id, tries }, token);
  }

  async retry(attempt: Attempt): Promise<ServiceResponse> {
    const remembered = this.#attempts.find(attempt);
    if (remembered.id === null) {
      if (remembered.tries >= MAX_TRIES) throw new ClientError('attempt-over');
      remembered.tries++;
      return this.#once(remembered, null);
    }
    const { token, tries } = await this.#deps.tokens.retake(remembered.id, markOf(remembered.request));
    remembered.tries = tries;
    return this.#once(remembered, token);
  }

  /** One envelope. What is known afterwards decides whether the user may ask for the same again. */
  async #once(remembered: Remembered, token: Bytes | null): Promise<ServiceResponse> {
    const { keys, now } = this.#deps;
    const { request } = remembered;
    let again = true;
    try {
      const held = await keys.current();
      const entry = held.services.get(request.service);
      if (entry === undefined) throw new ClientError('unknown-service');
      const date = remembered.date ?? now();
      remembered.dateUsed = remembered.date !== null;
      const inner = encodeInner(request, { token, date, length: entry.requestLength });
      const response = await exchange(this.#deps, held, inner, entry.responseLength);
      const code = answerError(response);
      if (code === 'clock-wrong') again = noteDate(remembered, response);
      if (code !== null) throw new ClientError(code);
      await this.#settle(remembered);
      const { status, fields, content } = response;
      return { status, fields, content };
    } catch (error) {
      const { code } = clientError(error, 'answer-unreadable');
      if (code === 'keys-changed') keys.refused();
      const open = again && mayRetry(code) && remembered.tries < MAX_TRIES;
      if (!open) await this.#settle(remembered);
      throw new ClientError(code, { attempt: open ? this.#attempts.keep(remembered) : null });
    }
  }

  /** Forgets the token. A wallet that fails now costs a row that expires; it must not cost the answer. */
  async #settle({ id }: Remembered): Promise<void> {
    if (id !== null) await this.#deps.tokens.settle(id).catch(() => {});
  }
}
