import { BhttpError, decodeRequest, type BhttpRequest, type Field } from '@sotto/bhttp';
import { formatChallenge, PACK_REQUEST, PACK_RESPONSE } from '@sotto/privacypass';
import type { MaybePromise } from '@sotto/ohttp';
import type { Problem } from '@sotto/http';
import { firstOf, PROBLEM_TYPE, problemText, withDeadline } from '@sotto/http';
import type { Redeemer, RedemptionOutcome, Refiller } from '@sotto/redemption';
import { utf8, type Bytes, type UnixSeconds } from '@sotto/wire';
import type { ReceivedRequest } from './arriving.ts';
import type { ServiceRow } from './config.ts';
import type { Tally } from '@sotto/service/metrics';
import { formatDate, isInDateWindow, lastAccepted, parseDate } from './date.ts';
import type { Bulkhead } from './bulkhead.ts';
import { admit, methodsOf, targetOf, type Admission, type RowPolicy } from './admission/admit.ts';
import { envelopeOf, streamTagOf, tagOf, type Hkdf } from './admission/tag.ts';
import { presentedToken } from './admission/token.ts';
import type { LiveKeys } from './keys/key-ring.ts';
import type { ReplayStore } from './ports.ts';
import { responseLength, type Lengths } from './response-length.ts';
import { INNER, InnerError, OF_BHTTP, serviceFault, type InnerCode } from './problem.ts';
import type { Service, ServiceResponse } from './service/service.ts';

/** A service, and the policy of its row. */
export type Route = Pick<
  ServiceRow,
  'name' | 'token' | 'idempotent' | 'timeoutMs' | 'chunked' | 'stream' | keyof RowPolicy
> & {
  readonly responseLength: number; // bytes, for clients whose bundle does not say another
  /** Null for refills, which the issuer handles. */
  readonly service: Service | null;
  readonly bulkhead: Bulkhead;
};

export interface ExchangeDeps {
  readonly routes: ReadonlyMap<string, Route>;
  /** The lengths of all rows. */
  readonly lengths: readonly Lengths[];
  readonly redeemer: Redeemer;
  readonly refiller: Refiller;
  readonly replays: ReplayStore;
  readonly hkdf: Hkdf;
  readonly now: () => UnixSeconds;
  readonly tally: Tally;
  /** Aborts after this many milliseconds. */
  readonly deadline: (ms: number) => AbortSignal;
}

/** A decapsulated request. */
export interface OpenedRequest {
  readonly request: ReceivedRequest;
  readonly enc: Bytes;
  readonly keyId: number;
  readonly kemId: number;
  readonly isChunked: boolean;
  /** Must be called when the request is admitted. */
  readonly admit: () => void;
  readonly outer: Headers;
}

/** The response inside the envelope. An observer sees only `length` of it. */
export interface InnerResponse extends ServiceResponse {
  readonly length: number; // bytes of the padded Binary HTTP response
  /** Milliseconds between two flushes of a row that streams; null for other rows. */
  readonly flushMs: number | null;
  /** Aborts reading the content; null if the content is complete. */
  readonly deadline: AbortSignal | null;
  /** Must be called after the content was read or dropped. */
  readonly release: () => void;
}

const REDEEM_MS = 5000;

/** Inner responses must not be cached. */
const NO_STORE: Field = ['cache-control', 'no-store'];

const REFUSED: Readonly<Record<Exclude<RedemptionOutcome, 'first' | 'again'>, InnerCode>> = {
  replayed: 'replayed',
  spent: 'spent',
  invalid: 'token-invalid',
  unavailable: 'unavailable',
};

const NOT_ADMITTED = { replayed: 'replayed', expired: 'date', full: 'unavailable' } as const;

/**
 * Handles a decapsulated request (RFC 9458 §5.2): checks it, redeems one token, calls the service. It never throws: a failure is
 * a response of the same length as any other, at the latest when the deadlines of redemption and service have passed.
 */
export async function respond(
  deps: ExchangeDeps,
  keys: LiveKeys,
  opened: OpenedRequest,
): Promise<InnerResponse> {
  const arriving = opened.request instanceof Uint8Array ? null : opened.request;
  let route: Route | undefined;
  let length = responseLength(deps.lengths, keys, opened, route);
  try {
    const request = opened.request instanceof Uint8Array ? decode(opened.request) : opened.request.head;
    route = targetOf(request, deps.routes);
    length = responseLength(deps.lengths, keys, opened, route);
    const admission = admit(request, deps.routes);
    if (!takesFraming(admission.row, opened.isChunked)) throw new InnerError('unsupported-media-type');
    const date = dateOf(admission.date, deps.now());
    const leave = admission.row.bulkhead.enter(); // before the token is spent
    if (leave === null) throw new InnerError('unavailable');
    const release = (): void => {
      leave();
      arriving?.discard(); // the rest of the request is not needed once the service has responded or failed
    };
    try {
      const { service } = admission.row;
      if (service === null) {
        const filled = await refillPack(deps, keys, opened, request, admission);
        deps.tally.count('outcomes admitted');
        release();
        return { ...filled, length, ...WHOLE };
      }
      await redeemToken(deps, keys, opened, request, admission, date);
      opened.admit();
      deps.tally.count('outcomes admitted');
      const response = await callService(deps, service, opened, request, admission);
      // After the deadline nothing is read from the service, even if the reader of a stream has stopped.
      response.deadline?.addEventListener('abort', release, { once: true });
      return { ...response, length, release };
    } catch (error) {
      release();
      throw error;
    }
  } catch (error) {
    const code = error instanceof InnerError ? error.code : 'internal-error';
    deps.tally.count(`outcomes ${code}`);
    arriving?.discard();
    const fields = extraFields(code, route, keys, deps.now());
    return refusalOf(code, { length, flushMs: route?.stream?.flushMs ?? null }, fields);
  }
}

/** A problem of the closed table as the response of an exchange. */
export function refusalOf(
  code: InnerCode,
  { length, flushMs }: Pick<InnerResponse, 'length' | 'flushMs'>,
  fields: readonly Field[] = [],
): InnerResponse {
  return { ...innerProblem(INNER[code], fields), length, ...WHOLE, flushMs };
}

/** The flow of a response whose content is complete. */
const WHOLE = { flushMs: null, deadline: null, release: () => {} } as const;

/** A row that streams accepts only chunks, so that its requests look alike. */
const takesFraming = ({ chunked, stream }: Route, isChunked: boolean): boolean =>
  isChunked ? chunked || stream !== null : stream === null;

/**
 * Marks a response of the gateway itself (RFC 9209). No service can send it, because only a few fields of a
 * service are passed on. A client believes `spent` or `token-invalid` only with this field
 * (specs/inner-responses.md).
 */
const SAID_BY_GATEWAY: Field = ['proxy-status', 'sotto-gateway'];

/** A problem of the closed table as an inner response. */
export function innerProblem(problem: Problem, fields: readonly Field[] = []): ServiceResponse {
  return {
    status: problem.status,
    fields: [['content-type', PROBLEM_TYPE], NO_STORE, SAID_BY_GATEWAY, ...fields],
    content: utf8(problemText(problem)),
  };
}

function decode(request: Bytes): BhttpRequest {
  try {
    return decodeRequest(request);
  } catch (error) {
    throw new InnerError(error instanceof BhttpError ? OF_BHTTP[error.code] : 'internal-error', {
      cause: error,
    });
  }
}

/** @throws {InnerError} `date` if it is missing, not a date, or outside the tolerance (RFC 9458 §6.5.2) */
function dateOf(text: string | null, now: UnixSeconds): UnixSeconds {
  const date = parseDate(text ?? '');
  if (date === null || !isInDateWindow(date, now)) throw new InnerError('date');
  return date;
}

async function redeemToken(
  deps: ExchangeDeps,
  keys: LiveKeys,
  opened: OpenedRequest,
  request: BhttpRequest,
  { row, authorization }: Admission<Route>,
  date: UnixSeconds,
): Promise<void> {
  const envelope = await envelopeTag(deps, keys, opened);
  if (row.token === null) {
    const replay = deps.replays.admit(envelope, lastAccepted(date), deps.now());
    const verdict = await settled(replay, deps.deadline(REDEEM_MS));
    if (verdict !== 'first') throw new InnerError(NOT_ADMITTED[verdict]);
    return;
  }
  const { name, idempotent } = row;
  const { token, epochIndex } = presentedToken(authorization, (digest) =>
    keys.epochOfChallenge(name, digest),
  );
  const tagKey = keys.tagKey(epochIndex);
  if (tagKey === null) throw new InnerError('token-invalid');
  const isWhole = opened.request instanceof Uint8Array;
  const tag = await (isWhole
    ? tagOf(deps.hkdf, tagKey, request)
    : streamTagOf(deps.hkdf, tagKey, request, opened.enc));
  const redemption = deps.redeemer.redeem({ service: name, token, tag, envelope, idempotent });
  const verdict = await settled(redemption, deps.deadline(REDEEM_MS));
  if (verdict === 'first' || (verdict === 'again' && idempotent)) return;
  throw new InnerError(verdict === 'again' ? 'spent' : REFUSED[verdict]);
}

/** @throws {InnerError} `unavailable` if the key that opened the envelope is not live any more */
function envelopeTag(
  { hkdf }: ExchangeDeps,
  keys: LiveKeys,
  { keyId, kemId, enc }: OpenedRequest,
): MaybePromise<Bytes> {
  const key = keys.tagKey(keys.epochOf(keyId, kemId));
  if (key === null) throw new InnerError('unavailable');
  return envelopeOf(hkdf, key, enc);
}

/** Hands a voucher and its pack to the issuer, in one call. The gateway stores nothing of it. */
async function refillPack(
  deps: ExchangeDeps,
  keys: LiveKeys,
  opened: OpenedRequest,
  { content: pack }: BhttpRequest,
  { row, authorization, contentType }: Admission<Route>,
): Promise<ServiceResponse> {
  const envelope = await envelopeTag(deps, keys, opened);
  const { token } = presentedToken(authorization, (digest) => keys.epochOfChallenge(row.name, digest));
  if (contentType !== PACK_REQUEST) throw new InnerError('unsupported-media-type');
  const pending = deps.refiller.refill({ token, pack, envelope });
  const { outcome, body } = await settled(pending, deps.deadline(row.timeoutMs));
  if (outcome === 'malformed') throw new InnerError('pack-malformed');
  if (outcome !== 'first' && outcome !== 'again') throw new InnerError(REFUSED[outcome]);
  if (body === null) throw new InnerError('bad-gateway');
  return { status: 200, fields: [['content-type', PACK_RESPONSE], NO_STORE], content: body };
}

/** The verdict of a store, or `unavailable`. Stores are called once: if the verdict was lost, the envelope may have been recorded. */
async function settled<T>(pending: Promise<T>, deadline: AbortSignal): Promise<T> {
  return withDeadline(deadline, pending).catch((cause: unknown) => {
    throw new InnerError('unavailable', { cause });
  });
}

async function callService(
  deps: ExchangeDeps,
  service: Service,
  { request, outer }: OpenedRequest,
  { content: whole }: BhttpRequest,
  { row, method, path, contentType, fields }: Admission<Route>,
): Promise<Omit<InnerResponse, 'length' | 'release'>> {
  const deadline = deps.deadline(row.timeoutMs);
  const [content, end] =
    request instanceof Uint8Array ? [whole, deadline] : [request.content, firstOf(deadline, request.broken)];
  try {
    const call = service.call({ method, path, contentType, fields, content, outer }, end);
    const response = await withDeadline(deadline, call);
    const flushMs = row.stream?.flushMs ?? null;
    return {
      ...response,
      fields: [...response.fields, NO_STORE],
      flushMs,
      deadline,
    };
  } catch (error) {
    throw serviceFault(error, deadline);
  }
}

function extraFields(code: InnerCode, route: Route | undefined, keys: LiveKeys, now: UnixSeconds): Field[] {
  if (code === 'date') return [['date', formatDate(now)]];
  if (code === 'method-not-allowed' && route !== undefined) return [['allow', methodsOf(route).join(', ')]];
  if (INNER[code].status === 503) return [['retry-after', '5']];
  if (INNER[code].status !== 401 || route === undefined) return [];
  const demand = keys.challenge(route.name);
  return demand === null ? [] : [['www-authenticate', formatChallenge(demand)]];
}
