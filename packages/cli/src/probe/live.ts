import { decodeResponse, encodeRequest, type BhttpRequest, type BhttpResponse } from '@sotto/bhttp';
import type { ServiceEntry } from '@sotto/bundle';
import { encapsulateRequest, MEDIA_TYPES, type Hpke, type KeyConfig, type SuiteIds } from '@sotto/ohttp';
import { concat, type Bytes, type Random, type UnixSeconds } from '@sotto/wire';
import { mediaType } from '@sotto/client/http';

/** What a row says of a deployment. */
export interface Finding {
  readonly result: 'pass' | 'fail' | 'cannot-tell';
  readonly detail: string;
}

export const pass = (detail = ''): Finding => ({ result: 'pass', detail });
export const fail = (detail: string): Finding => ({ result: 'fail', detail });
export const cannotTell = (detail: string): Finding => ({ result: 'cannot-tell', detail });

/** One question put to a live deployment. */
export interface Row {
  readonly id: string;
  readonly what: string;
  readonly ask: (live: Live) => Promise<Finding>;
}

/** An answer, whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Bytes;
}

/** The keys to seal under, and where they came from. */
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
  /** Where the relay takes envelopes. */
  readonly resource: string;
  readonly gateway: string | null;
  /** The relay's bundle: its services, or none. */
  readonly services: readonly ServiceEntry[];
  /** Whether the relay serves a bundle at all. */
  readonly bundleUrl: string | null;
  readonly roots: readonly Bytes[] | null;
  readonly epochSeconds: number;
  readonly sealing: Sealing | null;
  /** Headers that the relay's egress is known to bear, with their one value. */
  readonly egress: ReadonlyMap<string, string>;
}

/** Nobody answered, or nobody would by now. */
export class NoAnswer extends Error {}

const TIMEOUT = 20_000; // milliseconds
const LONGEST_WAIT = 90; // seconds, when the relay says that we ask too often

/** One request. A 429 is waited out once. @throws {NoAnswer} */
export async function request(
  { fetch: send, sleep }: Pick<ProbePlatform, 'fetch' | 'sleep'>,
  url: string,
  init: RequestInit = {},
): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await once(send, url, init);
    if (answer.status !== 429) return answer;
    if (attempt > 0) throw new NoAnswer('429: asked too often');
    await sleep(Math.min(LONGEST_WAIT, Number(answer.headers.get('retry-after') ?? 60) || 60));
  }
}

async function once(send: typeof fetch, url: string, init: RequestInit): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT);
    const answer = await send(url, { ...init, redirect: 'manual', signal });
    return {
      status: answer.status,
      headers: answer.headers,
      body: new Uint8Array(await answer.arrayBuffer()),
    };
  } catch {
    throw new NoAnswer(`no answer from ${new URL(url).origin}`);
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
): Promise<Answer> {
  return request(live, live.resource, {
    method: 'POST',
    body,
    headers: { 'content-type': type, ...headers },
  });
}

export interface Sealed {
  readonly bytes: Bytes;
  readonly open: (answer: Answer) => Promise<BhttpResponse>;
}

/** Seals a request, or bytes in its place, to the gateway. @throws {NoAnswer} without its keys */
export async function seal(live: Live, message: BhttpRequest | Bytes): Promise<Sealed> {
  const { hpke, random, sealing } = live;
  if (sealing === null) throw new NoAnswer('no keys of the gateway');
  const bytes = message instanceof Uint8Array ? message : encodeRequest(message, { length: 1024 });
  const { config, suite } = sealing;
  const sealed = await encapsulateRequest(hpke, config, suite, bytes, random);
  return {
    bytes: sealed.encapsulatedRequest,
    open: async ({ body }) => decodeResponse(await sealed.openResponse(body)),
  };
}

/** A request for inside an envelope: with a Date and nothing else, unless told otherwise. */
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

export const isSealed = ({ status, headers }: Answer): boolean =>
  status === 200 && mediaType(headers) === MEDIA_TYPES.response;

export const refused = ({ status }: Answer): boolean => status >= 400 && status < 500;

/** Bytes that look like an envelope and are none. */
export const noise = ({ random }: Pick<Live, 'random'>, length = 300): Bytes =>
  concat(Uint8Array.of(0), random(length - 1));
