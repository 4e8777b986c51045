import { BhttpError, decodeRequest, type BhttpRequest, type Field } from '@sotto/bhttp';
import { formatChallenge } from '@sotto/privacypass';
import type { Problem } from '@sotto/http';
import { PROBLEM_TYPE, problemText, withDeadline } from '@sotto/http';
import type { Redeemer, RedemptionOutcome } from '@sotto/redemption';
import { utf8, type Bytes, type UnixSeconds } from '@sotto/wire';
import type { ServiceRow } from './config.ts';
import type { Tally } from '@sotto/service/metrics';
import { formatDate, isInDateWindow, lastAccepted, parseDate } from './date.ts';
import { admit, METHODS, targetOf, type Admitted } from './door/admit.ts';
import { envelopeOf, tagOf } from './door/tag.ts';
import { presentedToken } from './door/token.ts';
import type { LiveKeys } from './keys/key-ring.ts';
import type { ReplayStore } from './ports.ts';
import { INNER, InnerError, OF_BHTTP, serviceFault, type InnerCode } from './problem.ts';
import type { Service, ServiceAnswer } from './service/service.ts';

/** A service with what the gateway demands for it. */
export type Route = Pick<ServiceRow, 'name' | 'token' | 'idempotent' | 'responseLength' | 'timeoutMs'> & {
  readonly service: Service;
};

export interface ExchangeDeps {
  readonly routes: ReadonlyMap<string, Route>;
  /** Bytes of an answer when the service is not known: the longest in the table. */
  readonly defaultLength: number;
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
  readonly outer: Headers;
}

/** What goes back inside, of which only `length` shows. */
export interface Answer extends ServiceAnswer {
  readonly length: number; // bytes of the padded Binary HTTP response
  /** When the content must be there in whole; null when it is. */
  readonly deadline: AbortSignal | null;
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

/**
 * What follows once the envelope is open (RFC 9458 §5.2): the door, one token, one call. Never throws: whatever
 * goes wrong is an answer of the same length as any other.
 */
export async function answer(deps: ExchangeDeps, keys: LiveKeys, opened: Opened): Promise<Answer> {
  let route: Route | undefined;
  try {
    const request = decode(opened.request);
    route = targetOf(request, deps.routes);
    const admitted = admit(request, deps.routes);
    const date = dateOf(admitted.date, deps.now());
    await spend(deps, keys, opened, request, admitted, date);
    deps.tally.count('outcomes admitted');
    return await ask(deps, opened, request, admitted);
  } catch (error) {
    const code = error instanceof InnerError ? error.code : 'internal-error';
    deps.tally.count(`outcomes ${code}`);
    const length = route?.responseLength ?? deps.defaultLength;
    const fields = extraFields(code, route, keys, deps.now());
    return { ...problemAnswer(INNER[code], fields), length, deadline: null };
  }
}

/** A problem as an inner answer: text from the closed table. */
export function problemAnswer(problem: Problem, fields: readonly Field[] = []): ServiceAnswer {
  return {
    status: problem.status,
    fields: [['content-type', PROBLEM_TYPE], NO_STORE, ...fields],
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
    if (verdict !== 'first') throw new InnerError(verdict === 'replayed' ? 'replayed' : 'unavailable');
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
  { row, method, path, contentType }: Admitted<Route>,
): Promise<Answer> {
  const deadline = deps.deadline(row.timeoutMs);
  try {
    const given = await row.service.call({ method, path, contentType, content, outer }, deadline);
    return { ...given, fields: [...given.fields, NO_STORE], length: row.responseLength, deadline };
  } catch (error) {
    throw serviceFault(error, deadline);
  }
}

function extraFields(code: InnerCode, route: Route | undefined, keys: LiveKeys, now: UnixSeconds): Field[] {
  if (code === 'date') return [['date', formatDate(now)]];
  if (code === 'method-not-allowed') return [['allow', [...METHODS].join(', ')]];
  if (INNER[code].status === 503) return [['retry-after', '5']];
  if (INNER[code].status !== 401 || route === undefined) return [];
  const challenge = keys.challenge(route.name);
  return challenge === null ? [] : [['www-authenticate', formatChallenge({ challenge })]];
}
