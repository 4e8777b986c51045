import { Hono } from 'hono';
import { decodeRequest } from '@sotto/bhttp';
import {
  BUNDLE_TYPE,
  encodedVersion1,
  encodeLoggedBundle,
  encodeSignedBundle,
  LOGGED_BUNDLE_TYPE,
} from '@sotto/bundle';
import {
  declaredLength,
  hasMediaType,
  HttpError,
  problemResponse,
  withDeadline,
  type Problem,
} from '@sotto/http';
import { MEDIA_TYPES, OhttpError } from '@sotto/ohttp';
import { epochIndexAt, usableEpochs, type Bytes } from '@sotto/wire';
import { healthRoutes } from '@sotto/service/health';
import type { CounterStore } from '@sotto/service/metrics';
import type { OperatorLog } from '@sotto/service/operator';
import type { ReceivedRequest } from './arriving.ts';
import type { Config } from './config.ts';
import { bodyOf } from './body.ts';
import { openChunkedEnvelope, openEnvelope, type EnvelopeDeps } from './envelope.ts';
import { respond, type ExchangeDeps } from './exchange.ts';
import type { AuthorityDeps } from './keys/authority.ts';
import { KeyRing, type LiveKeys } from './keys/key-ring.ts';
import { healthOfGateway, operator } from './operator.ts';
import type { StoredBundle } from './ports.ts';
import { METADATA_SERVICE } from './service/metadata.ts';
import { Uploads } from './uploads.ts';
import { bearsCredential, countedName, unexpectedFields } from './outer.ts';
import { OF_OHTTP, OUTER } from './problem.ts';

export type GatewayDeps = ExchangeDeps &
  EnvelopeDeps & {
    readonly config: Pick<
      Config,
      'epochSeconds' | 'root' | 'relayEgress' | 'relayTokens' | 'operators' | 'provider'
    >;
    readonly authority: AuthorityDeps;
    /** @param longestOffered - the longest padded request that a client may send by the bundles of now, in bytes */
    readonly maxRequest: (longestOffered: number) => MaxRequest;
    readonly counters: CounterStore;
    readonly log: OperatorLog;
  };

/** Bytes of the longest envelope that any service takes; null when no service takes chunks. */
export interface MaxRequest {
  readonly plain: number;
  readonly chunked: number | null;
}

/** The path where clients look for the gateway (RFC 9540). */
export const GATEWAY_PATH = '/.well-known/ohttp-gateway';

const UPLOADS = { maxBytes: 24 << 20, maxUploads: 256 }; // in one isolate (128 MB) or process
const KEYS_MS = 10_000; // for the store to give the keys

/** Decapsulates requests, calls services, encapsulates responses, and shows everyone the same keys (RFC 9458 §5, RFC 9540). */
export function gateway(deps: GatewayDeps): Hono {
  const app = new Hono();
  const ring = new KeyRing(deps.authority);
  const uploads = new Uploads(UPLOADS, deps.pacing.elapsedMs);

  app.all('/health', (c) =>
    isRead(c.req.raw) ? c.body(null, 200, NO_STORE) : refuse(OUTER['method-not-allowed'], 'GET, HEAD'),
  );
  app.all(GATEWAY_PATH, async (c) => {
    const request = c.req.raw;
    if (request.method === 'GET') return keyCollection(await liveKeys(deps, ring), deps.config.epochSeconds);
    if (request.method !== 'POST') return refuse(OUTER['method-not-allowed'], 'GET, POST');
    return exchange(deps, ring, uploads, request);
  });
  app.all('/bundle', async (c) => {
    if (!isRead(c.req.raw)) return refuse(OUTER['method-not-allowed'], 'GET, HEAD');
    return bundle(deps, c.req.query('slot'));
  });
  app.all('/bundle/2', async (c) => {
    if (!isRead(c.req.raw)) return refuse(OUTER['method-not-allowed'], 'GET, HEAD');
    return loggedBundle(deps);
  });
  return withRefusals(app, deps);
}

/** The operator's routes as an app of their own, for a listener of their own. */
export function operatorApp(deps: GatewayDeps): Hono {
  const app = healthRoutes(() => healthOfGateway(deps)); // without a token, because a supervisor that restarts the process reads them
  return withRefusals(app.route('/', operator(deps)), deps);
}

function withRefusals(app: Hono, { tally }: GatewayDeps): Hono {
  app.notFound(() => refuse(OUTER['not-found']));
  app.onError((error) => {
    const problem = problemOf(error);
    tally.count(`outcomes outer-${problem.code}`);
    return refuse(problem);
  });
  return app;
}

const NO_STORE = { 'cache-control': 'no-store' };

const isRead = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

/** Header fields that a refusal must have besides its problem (RFC 9110 §15.5.2, §15.6.4). */
const BESIDE: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'www-authenticate': 'Bearer' },
  503: { 'retry-after': '5' },
};

/** A refusal outside of an envelope. */
export function refuse(problem: Problem, allow?: string): Response {
  return problemResponse(problem, allow === undefined ? BESIDE[problem.status] : { allow });
}

/** The problem that the relay sees for an error before an envelope was open. */
function problemOf(error: unknown): Problem {
  if (error instanceof OhttpError) return OF_OHTTP[error.code];
  return error instanceof HttpError ? error.problem : OUTER['internal-error'];
}

async function exchange(
  deps: GatewayDeps,
  ring: KeyRing,
  uploads: Uploads,
  request: Request,
): Promise<Response> {
  const { headers } = request;
  const type = headers.get('content-type');
  const isChunked = hasMediaType(type, MEDIA_TYPES.chunkedRequest);
  if (!isChunked && !hasMediaType(type, MEDIA_TYPES.request)) throw new HttpError('unsupported-media-type');
  if (!bearsCredential(headers, deps.config.relayTokens)) throw new HttpError('unauthorized');
  const unexpected = unexpectedFields(headers, deps.config.relayEgress);
  for (const name of unexpected) deps.tally.count(`unexpected_fields ${countedName(name)}`);
  if (unexpected.length > 0 && !deps.routes.has(METADATA_SERVICE)) throw new HttpError('bad-request');
  const keys = await liveKeys(deps, ring);
  const max = deps.maxRequest(keys.longestRequest);
  const maxBytes = isChunked ? max.chunked : max.plain;
  if (maxBytes === null) throw new HttpError('unsupported-media-type');
  const declared = declaredLength(headers, maxBytes); // refuses a body that is too long before it is read
  const { deadline, pacing } = deps;
  const body = bodyOf(request, { maxBytes, declared }, { uploads, deadline, elapsedMs: pacing.elapsedMs });
  try {
    const open = isChunked ? openChunkedEnvelope : openEnvelope;
    const envelope = await open(deps, keys.gatewayKeys, body, maxBytes);
    // With METADATA the probe can learn which field it was. Every other request is refused as it is without
    // METADATA.
    if (unexpected.length > 0 && !isForMetadata(envelope.opened.request)) throw new HttpError('bad-request');
    const opened = { ...envelope.opened, admit: body.admit, outer: headers };
    return await envelope.seal(await respond(deps, keys, opened));
  } finally {
    body.release();
  }
}

function isForMetadata(request: ReceivedRequest): boolean {
  try {
    return request instanceof Uint8Array && decodeRequest(request).authority === METADATA_SERVICE;
  } catch {
    return false;
  }
}

async function liveKeys(deps: GatewayDeps, ring: KeyRing): Promise<LiveKeys> {
  const now = deps.now();
  const cached = ring.cached(now);
  if (cached !== null) return cached;
  try {
    return await withDeadline(deps.deadline(KEYS_MS), ring.at(now));
  } catch (error) {
    throw new HttpError('unavailable', { cause: error });
  }
}

/**
 * The current epoch's keys: the same bytes for everyone. A copy may be cached for one epoch, because the keys of a
 * bundle open requests for two epochs and a grace.
 */
function keyCollection({ keyConfigs }: LiveKeys, epochSeconds: number): Response {
  if (keyConfigs === null) throw new HttpError('unavailable');
  return new Response(keyConfigs, {
    headers: { 'content-type': MEDIA_TYPES.keys, 'cache-control': `public, max-age=${epochSeconds}` },
  });
}

/** Seconds that a cache may keep a bundle whose epoch is a day. */
const BUNDLE_AGE = 600;

async function bundle(deps: GatewayDeps, epoch: string | undefined): Promise<Response> {
  const { epochSeconds } = deps.config;
  if (epoch !== undefined && !/^[0-9]{1,15}$/.test(epoch)) return refuse(OUTER['bad-request']);
  const epochIndex = epoch === undefined ? epochIndexAt(deps.now(), epochSeconds) : Number(epoch);
  // A coming bundle may still be replaced, if the issuer loses the keys that it names.
  if (epochIndex > usableEpochs(deps.now(), epochSeconds).to) return refuse(OUTER['not-found']);
  const stored = await storedBundle(deps, epochIndex);
  if (stored === null) return refuse(OUTER[epoch === undefined ? 'unavailable' : 'not-found']);
  const { bundle: encoded, signature, signature1, proof } = stored;
  const version1 = signature1 === null ? null : encodedVersion1(encoded);
  const signed =
    version1 === null || signature1 === null
      ? { bundle: encoded, signature }
      : { bundle: version1, signature: signature1 };
  return bundleResponse(
    encodeSignedBundle(signed),
    BUNDLE_TYPE,
    deps.config,
    fieldsForRelays(deps.config, proof),
  );
}

/** The bundle of the running epoch, of version 2, with its proof; unavailable while no log has it. */
async function loggedBundle(deps: GatewayDeps): Promise<Response> {
  const { epochSeconds } = deps.config;
  const stored = await storedBundle(deps, epochIndexAt(deps.now(), epochSeconds));
  if (stored === null || stored.proof === null) return refuse(OUTER.unavailable);
  const { proof } = stored;
  const signed = encodeSignedBundle(stored);
  return bundleResponse(encodeLoggedBundle({ signed, proof }), LOGGED_BUNDLE_TYPE, deps.config);
}

/** The bundle of an epoch, if it is signed. */
async function storedBundle(
  deps: GatewayDeps,
  epochIndex: number,
): Promise<(StoredBundle & { readonly signature: Bytes }) | null> {
  const pending = deps.authority.store.bundles(epochIndex, epochIndex);
  const [stored] = await withDeadline(deps.deadline(KEYS_MS), pending).catch((cause: unknown) => {
    throw new HttpError('unavailable', { cause });
  });
  if (stored === undefined || stored.signature === null) return null;
  return { ...stored, signature: stored.signature };
}

/**
 * The facts that a relay needs and cannot read in a bundle: the provider, and whether there is a form with a
 * proof.
 */
function fieldsForRelays(
  { provider }: Pick<Config, 'provider'>,
  proof: string | null,
): Record<string, string> {
  return {
    ...(provider !== null && { 'sotto-provider': provider }),
    ...(proof !== null && { 'sotto-logged': '?1' }),
  };
}

function bundleResponse(
  body: Bytes,
  type: string,
  { epochSeconds }: Pick<Config, 'epochSeconds'>,
  fields: Readonly<Record<string, string>> = {},
): Response {
  const age = Math.min(BUNDLE_AGE, epochSeconds);
  const headers = { 'content-type': type, 'cache-control': `public, max-age=${age}`, ...fields };
  return new Response(body, { headers });
}
