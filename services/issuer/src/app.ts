import {
  bearerToken,
  CORS,
  hasMediaType,
  HttpError,
  PREFLIGHT,
  PROBLEMS,
  problemResponse,
  readBody,
} from '@sotto/http';
import { DIRECTORY, DIRECTORY_PATH, VOUCHER_REQUEST } from '@sotto/privacypass';
import { healthRoutes } from '@sotto/service/health';
import { StoreError } from '@sotto/service/store';
import type { Bytes } from '@sotto/wire';
import { Hono, type Handler } from 'hono';
import type { IssuanceResponse } from './issuance.ts';
import { issue, REQUEST_KINDS } from './issue.ts';
import type { Issuer } from './issuer.ts';
import { healthOfIssuer, operatorRoutes } from './operator.ts';
import { Refusal } from './refusal.ts';
import { KeyError } from './secret-key.ts';

const BODY_BYTES = 32 * 1024; // above the largest batch of 500, 24.5 KB of P-384
const BODY_MILLISECONDS = 10_000;
/** The part of an epoch that a directory may be cached for. It shows the current epoch and the next. */
const MAX_AGE_PART = 24;
/** Headers of a refusal: a page may read Retry-After. */
const REFUSED = { ...CORS, 'access-control-expose-headers': 'retry-after' };

/** The public routes. None of them redeems: only the gateway's entrypoint does. */
export function app(issuer: Issuer): Hono {
  const routes = new Hono();
  const { epochSeconds } = issuer.deps.config;
  const cacheControl = `public, max-age=${Math.floor(epochSeconds / MAX_AGE_PART)}`;

  routes.all(
    '/health',
    only('GET', () => new Response(null, { headers: { 'cache-control': 'no-store' } })),
  );
  routes.all(
    DIRECTORY_PATH,
    only('GET', async () => {
      const directory = await issuer.keyring.use((ring) => ring.directory);
      const headers = { 'content-type': DIRECTORY, 'cache-control': cacheControl, ...CORS };
      return new Response(directory, { headers });
    }),
  );
  routes.all(
    '/token-request',
    only('POST', async (c) => {
      const { headers } = c.req.raw;
      const kind = REQUEST_KINDS.find((type) => hasMediaType(headers.get('content-type'), type));
      if (kind === undefined) throw new Refusal('unsupported-media-type', 'media-type');
      return issued(await issue(issuer.issuing, kind, bearerToken(headers), () => requestBody(c.req.raw)));
    }),
  );
  routes.all(
    '/voucher-request',
    only('POST', async (c) => {
      const { headers } = c.req.raw;
      if (!hasMediaType(headers.get('content-type'), VOUCHER_REQUEST)) {
        throw new Refusal('unsupported-media-type', 'media-type');
      }
      return issued(
        await issue(issuer.issuing, VOUCHER_REQUEST, bearerToken(headers), () => requestBody(c.req.raw)),
      );
    }),
  );
  return withRefusals(routes, issuer);
}

function issued({ status, contentType, body }: IssuanceResponse): Response {
  const headers = { 'content-type': contentType, 'cache-control': 'no-store', ...CORS };
  return new Response(body, { status, headers });
}

/** The operator's routes as an app of their own, for a listener of their own. */
export function operatorApp(issuer: Issuer): Hono {
  const routes = healthRoutes(() => healthOfIssuer(issuer)); // without a token, because a supervisor that restarts the process reads them
  return withRefusals(routes.route('/', operatorRoutes(issuer)), issuer);
}

function withRefusals(routes: Hono, issuer: Issuer): Hono {
  routes.notFound(() => problemResponse(PROBLEMS['not-found'], CORS));
  routes.onError((error) => refused(issuer, error));
  return routes;
}

/** One method per route, with HEAD beside GET, and the same preflight response for everyone. */
function only(method: 'GET' | 'POST', handler: Handler): Handler {
  const methods = method === 'GET' ? ['GET', 'HEAD'] : [method];
  const allow = [...methods, 'OPTIONS'].join(', ');
  return (c, next) => {
    if (c.req.method === 'OPTIONS') return new Response(null, { status: 204, headers: PREFLIGHT });
    if (methods.includes(c.req.method)) return handler(c, next);
    return problemResponse(PROBLEMS['method-not-allowed'], { ...CORS, allow });
  };
}

/** A body over the limit has more elements than any batch size, so it gets 422 like every wrong batch. */
async function requestBody(request: Request): Promise<Bytes> {
  try {
    const deadline = AbortSignal.timeout(BODY_MILLISECONDS);
    return await readBody(request, { maxBytes: BODY_BYTES, deadline });
  } catch (error) {
    if (!(error instanceof HttpError) || error.code !== 'content-too-large') throw error;
    throw new Refusal('unprocessable-content', 'malformed', { cause: error });
  }
}

/** Every failure has a constant response: a refusal, a store that failed, or a fault of ours. */
function refused(issuer: Issuer, error: Error): Response {
  if (error instanceof Refusal) {
    if (error.account === undefined) issuer.tally.count(`refused ${error.reason}`);
    else issuer.accountTally.count(`refused ${error.reason}`, error.account);
    const retry = error.retryAfter === undefined ? {} : { 'retry-after': error.retryAfter };
    const wanted = error.code === 'unauthorized' ? { 'www-authenticate': 'Bearer' } : {};
    return problemResponse(error.problem, { ...REFUSED, ...retry, ...wanted });
  }
  if (error instanceof HttpError) return problemResponse(error.problem, REFUSED);
  if (error instanceof StoreError || error instanceof KeyError) {
    issuer.tally.count('refused store');
    return problemResponse(PROBLEMS.unavailable, { ...REFUSED, 'retry-after': '2' });
  }
  issuer.tally.count('refused fault');
  return problemResponse(PROBLEMS['internal-error'], REFUSED);
}
