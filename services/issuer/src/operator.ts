import { bearerToken, equalText, PROBLEMS, problemResponse, readBody } from '@sotto/http';
import { base64url } from '@sotto/wire';
import type { Context, Handler, Hono } from 'hono';
import type { Issuer } from './issuer.ts';
import { metricsText } from './metrics.ts';

const NO_STORE = { 'cache-control': 'no-store' };

/** What an operator may ask. To anyone without the credential none of this exists. */
export function operatorRoutes(routes: Hono, issuer: Issuer): void {
  const route = (method: string, path: string, handler: (c: Context) => Promise<Response>): void => {
    routes.all(path, guarded(issuer, method, handler));
  };
  route('GET', '/operator/keys', async (c) => c.json({ keys: await listKeys(issuer) }, 200, NO_STORE));
  route('POST', '/operator/keys/rotate', async (c) => {
    await issuer.runSchedule();
    return c.json({ keys: await listKeys(issuer) }, 200, NO_STORE);
  });
  route('POST', '/operator/keys/retire-all', async (c) =>
    c.json({ retired: await issuer.retireAll() }, 200, NO_STORE),
  );
  // POST, since an address is written down in more places than a body.
  route('POST', '/operator/quota', (c) => showQuota(issuer, c));
  route('GET', '/metrics', async () => {
    await issuer.tally.flush(issuer.deps.counters);
    const text = metricsText(await issuer.deps.counters.totals());
    return new Response(text, { headers: { 'content-type': 'text/plain; version=0.0.4', ...NO_STORE } });
  });
}

function guarded(issuer: Issuer, method: string, handler: (c: Context) => Promise<Response>): Handler {
  return async (c, next) => {
    const given = bearerToken(c.req.raw.headers) ?? '';
    const allowed = equalText(given, issuer.deps.config.operatorToken);
    if (!allowed) return c.notFound();
    if (c.req.method !== method) return next();
    return handler(c);
  };
}

async function listKeys({ deps }: Issuer): Promise<unknown[]> {
  const keys = await deps.authority.list();
  return keys.map(({ service, epoch, type, keyId, state, evaluations }) => ({
    service,
    epoch,
    type,
    keyId: base64url(keyId),
    state,
    evaluations: bucket(evaluations),
  }));
}

/** The power of two that a count is below, or 0: how full a key is, not who drew when. */
function bucket(count: number): number {
  return count === 0 ? 0 : 2 ** Math.max(6, Math.floor(Math.log2(count)) + 1);
}

async function showQuota({ deps, issuing }: Issuer, c: Context): Promise<Response> {
  const { config, authority, quota } = deps;
  const { account, service: name, issuer } = await question(c.req.raw);
  const service = config.services.find((entry) => entry.name === (name ?? config.services[0]?.name));
  if (account === undefined || service === undefined) return problemResponse(PROBLEMS['bad-request']);
  const { epoch } = await authority.snapshot();
  const hash = issuing.attester.accountHash(account, issuer ?? null, epoch);
  if (hash === null) return problemResponse(PROBLEMS['bad-request']);
  const used = await quota.used({ epoch, account: hash, service: service.name });
  return c.json(
    { service: service.name, epoch, used, quota: Object.fromEntries(service.quota) },
    200,
    NO_STORE,
  );
}

const BODY_BYTES = 4096;
const BODY_MILLISECONDS = 10_000;

/** The members of a JSON object that are text; none when it is no such thing. */
async function question(
  request: Request,
): Promise<Partial<Record<'account' | 'service' | 'issuer', string>>> {
  const deadline = AbortSignal.timeout(BODY_MILLISECONDS);
  const body = await readBody(request, { maxBytes: BODY_BYTES, deadline }).catch(() => null);
  try {
    const asked: unknown = JSON.parse(new TextDecoder().decode(body ?? undefined));
    const members = Object.entries(asked ?? {}).filter(([, value]) => typeof value === 'string');
    return Object.fromEntries(members);
  } catch {
    return {};
  }
}
