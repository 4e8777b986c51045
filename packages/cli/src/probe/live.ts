import { decodeResponse, encodeRequest, type BhttpRequest, type BhttpResponse } from '@sotto/bhttp';
import type { ServiceEntry } from '@sotto/bundle';
import { encapsulateRequest, MEDIA_TYPES, type Hpke, type KeyConfig, type SuiteIds } from '@sotto/ohttp';
import { concat, type Bytes, type Random, type UnixSeconds } from '@sotto/wire';
import { mediaType } from '@sotto/client/http';

/** The result of one check. A failure of a row that is no MUST is shown as `warn` or `info`. */
export interface Finding {
  readonly result: 'pass' | 'fail' | 'warn' | 'info' | 'cannot-tell';
  readonly detail: string;
}

export const pass = (detail = ''): Finding => ({ result: 'pass', detail });
export const fail = (detail: string): Finding => ({ result: 'fail', detail });
export const info = (detail: string): Finding => ({ result: 'info', detail });
export const cannotTell = (detail: string): Finding => ({ result: 'cannot-tell', detail });

/** What a row needs: 0 a URL only, 1 the gateway's public keys, 2 a target, 3 a gateway that tells which headers arrived. */
export type RowClass = 0 | 1 | 2 | 3;

/** `expected` and `privacy` are no keywords of a standard: what servers do, and what could mark a client. */
export type Level = 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'MAY' | 'expected' | 'privacy' | 'info';

/** One check of a relay or a gateway. */
export interface Row {
  /** Document, section and number: `9458/5.2/1`. */
  readonly id: string;
  readonly class: RowClass;
  readonly level: Level;
  readonly title: string;
  /** Whether the row is for relays alone. */
  readonly relayOnly?: true;
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
  /** Milliseconds of a clock that never steps back. */
  readonly clock: () => number;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly hpke: Hpke;
}

/** A target that the gateway admits. */
export interface Target {
  readonly authority: string;
  readonly path: string;
}

/** Sends one request and reads the whole response. @throws {NoResponseError} @throws {FaultyResponseError} */
export type Send = (url: string, init?: RequestInit) => Promise<ProbeResponse>;

/** What the rows are given: the platform, and requests within their limits in place of its network. */
export interface RowPlatform extends Omit<ProbePlatform, 'fetch' | 'sleep'> {
  readonly send: Send;
}

/** A relay or a gateway under test, seen from outside. */
export interface Live extends RowPlatform {
  /** Base URL of the relay; null if the gateway is tested alone. */
  readonly relay: string | null;
  /** URL to which envelopes are posted. */
  readonly resource: string;
  /** URL of the gateway's resource; null if it was not named. */
  readonly gateway: string | null;
  /** Where the keys are, and the collection if it was read from a file. */
  readonly keysUrl: string | null;
  readonly keys: Bytes | null;
  /** The keys that the gateway serves, and those of the bundle. */
  readonly offered: readonly KeyConfig[];
  readonly target: Target | null;
  /** Headers of every envelope. */
  readonly headers: Readonly<Record<string, string>>;
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

/** In no gateway's table (RFC 2606). */
export const NOWHERE = 'probe.invalid';

/** The route of Sotto's gateways that returns, inside the envelope, the headers that arrived outside. */
export const METADATA = 'sotto-metadata';

/** There was no response, or none from which the probe can conclude anything. */
export class NoResponseError extends Error {}

/** A response came that no server may send. */
export class FaultyResponseError extends Error {}

/** Sends bytes to the tested resource as an envelope. */
export function post(
  live: Pick<Live, 'send' | 'resource' | 'headers'>,
  body: Bytes,
  {
    type = MEDIA_TYPES.request,
    headers = {},
  }: { type?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<ProbeResponse> {
  return live.send(live.resource, {
    method: 'POST',
    body,
    headers: { 'content-type': type, ...live.headers, ...headers },
  });
}

export interface SealedRequest {
  readonly bytes: Bytes;
  readonly open: (response: ProbeResponse) => Promise<BhttpResponse>;
}

/** The key and the suite of envelopes. @throws {NoResponseError} without keys */
export function sealingOf({ sealing }: Pick<Live, 'sealing'>): Sealing {
  if (sealing === null) throw new NoResponseError('no key of the gateway that this probe supports');
  return sealing;
}

/** Encapsulates a request, or arbitrary bytes, to the gateway. @throws {NoResponseError} without its keys */
export async function seal(
  live: Live,
  message: BhttpRequest | Bytes,
  { config, suite }: Pick<Sealing, 'config' | 'suite'> = sealingOf(live),
): Promise<SealedRequest> {
  const bytes = message instanceof Uint8Array ? message : encodeRequest(message, { length: 1024 });
  const sealed = await encapsulateRequest(live.hpke, config, suite, bytes, live.random);
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

/** Sends a request inside an envelope. @throws {NoResponseError} if what comes back is not encapsulated */
export async function exchange(live: Live, message: BhttpRequest | Bytes): Promise<BhttpResponse> {
  const { bytes, open } = await seal(live, message);
  const response = await post(live, bytes);
  if (!isSealed(response)) throw new NoResponseError(`the gateway responded HTTP ${response.status} outside`);
  return open(response);
}
