import { BhttpError, decodeRequest, type BhttpRequest, type Field } from '@sotto/bhttp';
import { formatChallenge } from '@sotto/privacypass';
import type { Problem } from '@sotto/http';
import { PROBLEM_TYPE, problemText, withDeadline } from '@sotto/http';
import type { Redeemer, RedemptionOutcome } from '@sotto/redemption';
import { utf8, type Bytes, type UnixSeconds } from '@sotto/wire';
import type { ServiceRow } from './config.ts';
import type { Tally } from '@sotto/service/metrics';
import { formatDate, isInDateWindow, lastAccepted, parseDate } from './date.ts';
import type { Bulkhead } from './bulkhead.ts';
import { admit, methodsOf, targetOf, type Admitted, type RowPolicy } from './door/admit.ts';
import { envelopeOf, tagOf } from './door/tag.ts';
import { presentedToken } from './door/token.ts';
import type { LiveKeys } from './keys/key-ring.ts';
import type { ReplayStore } from './ports.ts';
import { INNER, InnerError, OF_BHTTP, serviceFault, type InnerCode } from './problem.ts';
import type { Service, ServiceAnswer } from './service/service.ts';

/** A service with what the gateway demands for it. */
export type Route = Pick<
  ServiceRow,
  'name' | 'token' | 'idempotent' | 'timeoutMs' | 'chunked' | keyof RowPolicy
> & {
  readonly responseLength: number; // bytes
  readonly service: Service;
  readonly bulkhead: Bulkhead;
};

export interface ExchangeDeps {
  readonly routes: ReadonlyMap<string, Route>;
  /** Bytes of a response when the service is not known: those of the class whose requests have this length. */
  readonly responseLengthOf: (requestLength: number) => number;
  readonly redeemer: Redeemer;
  readonly replays: ReplayStore;
  readonly now: () => UnixSeconds;
  readonly tally: Tally;
  /** Aborts after this many milliseconds. */
  readonly deadline: (ms: number) => AbortSignal;
}

/** A request that was opened. */
export interface Opened {
  readonly request: Bytes;
  readonly enc: Bytes;
  readonly keyId: number;
  readonly kemId: number;
  readonly isChunked: boolean;
  readonly outer: Headers;
}

/** What goes back inside, of which only `length` shows. */
export interface Answer extends ServiceAnswer {
  readonly length: number; // bytes of the padded Binary HTTP response
  /** When the content must be there in whole; null when it is. */
  readonly deadline: AbortSignal | null;
  /** Must be called when the content was read, or is not wanted. */
  readonly release: () => void;
}

const REDEEM_MS = 5000;

/** Inner answers are for one client, once. */
const NO_STORE: Field = ['cache-control', 'no-store'];

const REFUSED: Readonly<Record<Exclude<RedemptionOutcome, 'first' | 'again'>, InnerCode>> = {
  replayed: 'replayed',
  spent: 'spent',
  invalid: 'token-invalid',
  unavailable: 'unavailable',
};

const NOT_ADMITTED = { replayed: 'replayed', expired: 'date', full: 'unavailable' } as const;

/**
 * What follows once the envelope is open (RFC 9458 §5.2): the door, one token, one call. Never throws: whatever goes wrong
 * is an answer of the same length as any other, and it is there when the deadlines of token and service are over.
 */
export async function answer(deps: ExchangeDeps, keys: LiveKeys, opened: Opened): Promise<Answer> {
  let route: Route | undefined;
  try {
    const request = decode(opened.request);
    route = targetOf(request, deps.routes);
    const admitted = admit(request, deps.routes);
    if (opened.isChunked && !admitted.row.chunked) throw new InnerError('unsupported-media-type');
    const date = dateOf(admitted.date, deps.now());
    const release = admitted.row.bulkhead.enter(); // before the token is spent
    if (release === null) throw new InnerError('unavailable');
    try {
      await spend(deps, keys, opened, request, admitted, date);
      deps.tally.count('outcomes admitted');
      return { ...(await ask(deps, opened, request, admitted)), release };
    } catch (error) {
      release();
      throw error;
    }
  } catch (error) {
    const code = error instanceof InnerError ? error.code : 'internal-error';
    deps.tally.count(`outcomes ${code}`);
    const length = route?.responseLength ?? deps.responseLengthOf(opened.request.length);
    const fields = extraFields(code, route, keys, deps.now());
    return { ...problemAnswer(INNER[code], fields), length, deadline: null, release: () => {} };
  }
}

/**
 * Marks what the gateway says itself (RFC 9209). No service can send it, since only a few fields of a service are passed on:
 * a client believes `spent` or `token-invalid` only with this field (specs/inner-responses.md).
 */
const SAID_BY_GATEWAY: Field = ['proxy-status', 'sotto-gateway'];

/** A problem as an inner answer: text from the closed table. */
export function problemAnswer(problem: Problem, fields: readonly Field[] = []): ServiceAnswer {
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

/** @throws {InnerError} `date` when it is missing, no date, or not of now (RFC 9458 §6.5.2) */
function dateOf(text: string | null, now: UnixSeconds): UnixSeconds {
  const date = parseDate(text ?? '');
  if (date === null || !isInDateWindow(date, now)) throw new InnerError('date');
  return date;
}

async function spend(
  deps: ExchangeDeps,
  keys: LiveKeys,
  opened: Opened,
  request: BhttpRequest,
  { row, authorization }: Admitted<Route>,
  date: UnixSeconds,
): Promise<void> {
  const envelopeKey = keys.tagKey(keys.epochOf(opened.keyId, opened.kemId));
  if (envelopeKey === null) throw new InnerError('unavailable');
  const envelope = envelopeOf(envelopeKey, opened.enc);
  if (row.token === null) {
    const admission = deps.replays.admit(envelope, lastAccepted(date), deps.now());
    const verdict = await settled(admission, deps.deadline(REDEEM_MS));
    if (verdict !== 'first') throw new InnerError(NOT_ADMITTED[verdict]);
    return;
  }
  const { name, idempotent } = row;
  const { token, epochIndex } = presentedToken(authorization, (digest) =>
    keys.epochOfChallenge(name, digest),
  );
  const tagKey = keys.tagKey(epochIndex);
  if (tagKey === null) throw new InnerError('token-invalid');
  const tag = tagOf(tagKey, request);
  const redemption = deps.redeemer.redeem({ service: name, token, tag, envelope, idempotent });
  const verdict = await settled(redemption, deps.deadline(REDEEM_MS));
  if (verdict === 'first' || (verdict === 'again' && idempotent)) return;
  throw new InnerError(verdict === 'again' ? 'spent' : REFUSED[verdict]);
}

/** The store's word, or `unavailable`. It is asked once: if its answer was lost, the envelope may be known. */
async function settled<T>(pending: Promise<T>, deadline: AbortSignal): Promise<T> {
  return withDeadline(deadline, pending).catch((cause: unknown) => {
    throw new InnerError('unavailable', { cause });
  });
}

async function ask(
  deps: ExchangeDeps,
  { outer }: Opened,
  { content }: BhttpRequest,
  { row, method, path, contentType, fields }: Admitted<Route>,
): Promise<Omit<Answer, 'release'>> {
  const deadline = deps.deadline(row.timeoutMs);
  try {
    const call = row.service.call({ method, path, contentType, fields, content, outer }, deadline);
    const given = await withDeadline(deadline, call);
    return { ...given, fields: [...given.fields, NO_STORE], length: row.responseLength, deadline };
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
