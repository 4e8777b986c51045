import { decodeResponse, encodeRequest, type BhttpRequest, type BhttpResponse } from '@sotto/bhttp';
import type { ServiceEntry } from '@sotto/bundle';
import { encapsulateRequest, MEDIA_TYPES, type Hpke, type KeyConfig, type SuiteIds } from '@sotto/ohttp';
import { concat, type Bytes, type Random, type UnixSeconds } from '@sotto/wire';
import { mediaType } from '@sotto/client/http';

/** The result of one check. */
export interface Finding {
  readonly result: 'pass' | 'fail' | 'cannot-tell';
  readonly detail: string;
}

export const pass = (detail = ''): Finding => ({ result: 'pass', detail });
export const fail = (detail: string): Finding => ({ result: 'fail', detail });
export const cannotTell = (detail: string): Finding => ({ result: 'cannot-tell', detail });

/** One check of a live deployment. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly check: (live: Live) => Promise<Finding>;
}

/** A whole HTTP response. */
export interface ProbeResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Bytes;
}

/** The gateway key that envelopes are encapsulated to. */
export interface Sealing {
  readonly config: KeyConfig;
  readonly suite: SuiteIds;
  /** Key ids that are in use; any other is unknown. */
  readonly keyIds: ReadonlySet<number>;
}

export interface ProbePlatform {
  readonly fetch: typeof fetch;
  readonly random: Random;
  readonly now: () => UnixSeconds;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly hpke: Hpke;
}

/** A deployment under test, seen from outside. */
export interface Live extends ProbePlatform {
  readonly relay: string;
  /** URL to which envelopes are posted. */
  readonly resource: string;
  readonly gateway: string | null;
  /** The services of the relay's bundle; empty without a bundle. */
  readonly services: readonly ServiceEntry[];
  /** URL of the relay's bundle; null if it serves none. */
  readonly bundleUrl: string | null;
  readonly roots: readonly Bytes[] | null;
  readonly epochSeconds: number;
  readonly sealing: Sealing | null;
  /** Headers that the relay's platform adds to every request, with their constant value. */
  readonly egress: ReadonlyMap<string, string>;
}

/** There was no response, or no response that says anything. */
export class NoResponseError extends Error {}

const TIMEOUT = 20_000; // milliseconds
const LONGEST_WAIT = 90; // seconds, when the relay says that we ask too often

/** Sends one request. After a 429 it waits and tries once more. @throws {NoResponseError} */
export async function request(
  { fetch: send, sleep }: Pick<ProbePlatform, 'fetch' | 'sleep'>,
  url: string,
  init: RequestInit = {},
): Promise<ProbeResponse> {
  for (let attempt = 0; ; attempt++) {
    const answer = await once(send, url, init);
    if (answer.status !== 429) return answer;
    if (attempt > 0) throw new NoResponseError('429: too many requests');
    await sleep(Math.min(LONGEST_WAIT, Number(answer.headers.get('retry-after') ?? 60) || 60));
  }
}

async function once(send: typeof fetch, url: string, init: RequestInit): Promise<ProbeResponse> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT);
    const answer = await send(url, { ...init, redirect: 'manual', signal });
    return {
      status: answer.status,
      headers: answer.headers,
      body: new Uint8Array(await answer.arrayBuffer()),
    };
  } catch {
    throw new NoResponseError(`no response from ${new URL(url).origin}`);
  }
}

/** Sends bytes to the relay as an envelope. */
export function post(
  live: Pick<Live, 'fetch' | 'sleep' | 'resource'>,
  body: Bytes,
  {
    type = MEDIA_TYPES.request,
    headers = {},
  }: { type?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<ProbeResponse> {
  return request(live, live.resource, {
    method: 'POST',
    body,
    headers: { 'content-type': type, ...headers },
  });
}

export interface SealedRequest {
  readonly bytes: Bytes;
  readonly open: (answer: ProbeResponse) => Promise<BhttpResponse>;
}

/** Encapsulates a request, or arbitrary bytes, to the gateway. @throws {NoResponseError} without its keys */
export async function seal(live: Live, message: BhttpRequest | Bytes): Promise<SealedRequest> {
  const { hpke, random, sealing } = live;
  if (sealing === null) throw new NoResponseError('no keys of the gateway');
  const bytes = message instanceof Uint8Array ? message : encodeRequest(message, { length: 1024 });
  const { config, suite } = sealing;
  const sealed = await encapsulateRequest(hpke, config, suite, bytes, random);
  return {
    bytes: sealed.encapsulatedRequest,
    open: async ({ body }) => decodeResponse(await sealed.openResponse(body)),
  };
}

/** An inner request. Its only field is a Date, unless `what` says otherwise. */
export function inner(
  live: Pick<Live, 'now'>,
  what: Partial<BhttpRequest> & { authority: string },
): BhttpRequest {
  return {
    method: 'GET',
    scheme: 'https',
    path: '/',
    fields: [dateField(live)],
    content: new Uint8Array(0),
    trailers: [],
    ...what,
  };
}

export const dateField = ({ now }: Pick<Live, 'now'>) =>
  ['date', new Date(now() * 1000).toUTCString()] as const;

export const isSealed = ({ status, headers }: ProbeResponse): boolean =>
  status === 200 && mediaType(headers) === MEDIA_TYPES.response;

export const refused = ({ status }: ProbeResponse): boolean => status >= 400 && status < 500;

/** Random bytes that look like an envelope. */
export const noise = ({ random }: Pick<Live, 'random'>, length = 300): Bytes =>
  concat(Uint8Array.of(0), random(length - 1));
