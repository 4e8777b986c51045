import { bearerToken, equalText, HttpError, PROBLEMS, problemResponse, readBody } from '@sotto/http';
import {
  decodeRedemption,
  decodeRefillCall,
  encodeRefillResult,
  encodeResult,
  encodeSchedule,
  RedemptionError,
  type IssuerApi,
} from '@sotto/redemption';
import type { Bytes } from '@sotto/wire';
import { Hono } from 'hono';

const BODY_BYTES = 4096;
const REFILL_BYTES = 1 << 20; // a pack is as long as the length class of refills allows
const BODY_MILLISECONDS = 5000;

/**
 * The contract with the gateway where there is no service binding: a listener of its own.
 *
 * @param credentials - the gateway's token; the new and the old one while it is being changed
 */
export function redeemRoute(issuer: IssuerApi, credentials: readonly string[]): Hono {
  const routes = new Hono();
  routes.use(async (c, next) => {
    const given = bearerToken(c.req.raw.headers) ?? '';
    const matches = credentials.filter((credential) => equalText(given, credential));
    if (matches.length === 0) return c.notFound();
    return next();
  });
  routes.post('/redeem', async (c) => {
    const deadline = AbortSignal.timeout(BODY_MILLISECONDS);
    const body = await readBody(c.req.raw, { maxBytes: BODY_BYTES, deadline });
    return json(encodeResult(await issuer.redeem(decodeRedemption(body))));
  });
  routes.post('/refill', async (c) => {
    const deadline = AbortSignal.timeout(BODY_MILLISECONDS);
    const body = await readBody(c.req.raw, { maxBytes: REFILL_BYTES, deadline });
    return json(encodeRefillResult(await issuer.refill(decodeRefillCall(body))));
  });
  routes.get('/schedule', async (c) => {
    const known = c.req.query('known') ?? '0';
    if (!/^[0-9]{1,15}$|^[0-8][0-9]{15}$/.test(known)) throw new HttpError('bad-request');
    return json(encodeSchedule(await issuer.schedule(Number(known))));
  });
  routes.notFound(() => problemResponse(PROBLEMS['not-found']));
  routes.onError((error) => {
    if (error instanceof RedemptionError) return problemResponse(PROBLEMS['bad-request']);
    if (error instanceof HttpError) return problemResponse(error.problem);
    return problemResponse(PROBLEMS.unavailable);
  });
  return routes;
}

function json(body: Bytes): Response {
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}
