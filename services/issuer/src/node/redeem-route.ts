import { bearerToken, equalText, HttpError, PROBLEMS, problemResponse, readBody } from '@sotto/http';
import { base64url, fromBase64url, fromUtf8, ProtocolError, type Bytes } from '@sotto/wire';
import { Hono } from 'hono';
import type { Issuer } from '../issuer.ts';
import type { Redemption } from '../redeem.ts';

const BODY_BYTES = 4096;
const BODY_MILLISECONDS = 5000;

/**
 * The gateway's entrypoint where there is no service binding: a listener of its own, on loopback, with
 * a credential. The same two calls, as JSON with bytes in base64url.
 */
export function redeemRoute(issuer: Issuer, credential: string): Hono {
  const routes = new Hono();
  routes.use(async (c, next) => {
    if (!equalText(bearerToken(c.req.raw.headers) ?? '', credential)) return c.notFound();
    return next();
  });
  routes.post('/redeem', async (c) => {
    const deadline = AbortSignal.timeout(BODY_MILLISECONDS);
    const body = await readBody(c.req.raw, { maxBytes: BODY_BYTES, deadline });
    return c.json({ outcome: await issuer.redeem(parseRedemption(body)) });
  });
  routes.get('/schedule', async (c) => {
    const { epochs } = await issuer.schedule();
    return c.json({
      epochs: epochs.map(({ start, directory, challenges }) => ({
        start,
        directory: base64url(directory),
        challenges: challenges.map((entry) => ({ ...entry, challenge: base64url(entry.challenge) })),
      })),
    });
  });
  routes.notFound(() => problemResponse(PROBLEMS['not-found']));
  routes.onError((error) => {
    if (error instanceof HttpError) return problemResponse(error.problem);
    return problemResponse(PROBLEMS.unavailable);
  });
  return routes;
}

/** @throws {HttpError} `bad-request` */
function parseRedemption(body: Bytes): Redemption {
  try {
    const call = JSON.parse(fromUtf8(body)) as Record<string, unknown>;
    return {
      service: String(call['service']),
      token: fromBase64url(String(call['token'])),
      tag: fromBase64url(String(call['tag'])),
      envelope: fromBase64url(String(call['envelope'])),
      idempotent: call['idempotent'] === true,
    };
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof SyntaxError || error instanceof TypeError) {
      throw new HttpError('bad-request', { cause: error });
    }
    throw error;
  }
}
