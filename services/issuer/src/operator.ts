import { PROBLEMS, problemResponse, readBody } from '@sotto/http';
import { gaugesText, healthOf, healthRoutes, type Health } from '@sotto/service/health';
import { metricsResponse, metricsText } from '@sotto/service/metrics';
import { operatorOnly, type OperatorRole } from '@sotto/service/operator';
import { base64url } from '@sotto/wire';
import { Hono, type Context } from 'hono';
import type { Issuer } from './issuer.ts';
import { COUNTER_FAMILIES, METRICS_PREFIX } from './metrics.ts';

const NO_STORE = { 'cache-control': 'no-store' };

/** The routes of the operator. Without a token of the right role they do not exist. */
export function operatorRoutes(issuer: Issuer): Hono {
  const routes = new Hono();
  const { config, log, system } = issuer.deps;
  const route = (
    method: 'GET' | 'POST',
    path: string,
    role: OperatorRole,
    handler: (c: Context) => Promise<Response>,
  ): void => {
    const audit = role === 'metrics' ? undefined : { log, now: system.now };
    routes.on(method, path, operatorOnly(config.operatorTokens, role, audit), handler);
  };
  route('GET', '/operator/audit', 'keys', async (c) => c.json(await log.list(), 200, NO_STORE));
  route('GET', '/operator/keys', 'keys', async (c) =>
    c.json({ keys: await listKeys(issuer) }, 200, NO_STORE),
  );
  route('POST', '/operator/keys/rotate', 'keys', async (c) => {
    await issuer.runSchedule();
    return c.json({ keys: await listKeys(issuer) }, 200, NO_STORE);
  });
  route('POST', '/operator/keys/retire-all', 'keys', async (c) =>
    c.json({ retired: await issuer.retireAll() }, 200, NO_STORE),
  );
  route('POST', '/operator/keys/rewrap', 'keys', async (c) => {
    issuer.keyring.forget(); // the next request loads the keys that are readable now
    return c.json(await issuer.deps.authority.rewrap(), 200, NO_STORE);
  });
  route('POST', '/operator/keys/replace-unreadable', 'keys', async (c) =>
    c.json({ replaced: await issuer.replaceUnreadable() }, 200, NO_STORE),
  );
  // POST, because URLs are written to more logs than bodies.
  route('POST', '/operator/quota', 'support', (c) => showQuota(issuer, c));
  route('GET', '/metrics', 'metrics', async () => {
    const { counters } = issuer.deps;
    const { gauges } = await healthOfIssuer(issuer); // also when the store cannot be reached
    await issuer.tally.flush(counters).catch(() => {});
    const totals = await counters.totals().catch(() => ({}));
    const counted = metricsText(METRICS_PREFIX, COUNTER_FAMILIES, totals);
    return metricsResponse(counted + gaugesText(METRICS_PREFIX, gauges));
  });
  routes.route(
    '/',
    healthRoutes(() => healthOfIssuer(issuer), operatorOnly(config.operatorTokens, 'metrics')),
  );
  return routes;
}

/** The store, and the epochs in which every configured service has a key of every type. */
export async function healthOfIssuer({ deps }: Issuer): Promise<Health> {
  const { authority, config, counters, system } = deps;
  const { epochSeconds, services } = config;
  const state = async () => {
    const keys = await authority.list();
    const isWhole = (start: number): boolean =>
      services.every(({ name, types }) =>
        types.every((type) =>
          keys.some((key) => key.epoch === start && key.service === name && key.type === type),
        ),
      );
    const starts = [...new Set(keys.map(({ epoch }) => epoch))].filter(isWhole);
    return { epochs: starts.map((start) => start / epochSeconds), signed: null };
  };
  return healthOf(state, counters, { now: system.now(), epochSeconds });
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

/**
 * The next power of two above a count, at least 64, or 0. It shows how full a key is, and not who was issued
 * tokens when.
 */
function bucket(count: number): number {
  return count === 0 ? 0 : 2 ** Math.max(6, Math.floor(Math.log2(count)) + 1);
}

async function showQuota({ deps, issuing }: Issuer, c: Context): Promise<Response> {
  const { config, quota } = deps;
  const { account, service: name, issuer } = await readQuery(c.req.raw);
  const service = config.services.find((entry) => entry.name === (name ?? config.services[0]?.name));
  if (account === undefined || service === undefined) return problemResponse(PROBLEMS['bad-request']);
  const { epoch, accountKey } = await issuing.keyring.use((ring) => ring);
  if (accountKey === null) return problemResponse(PROBLEMS.unavailable);
  const hash = issuing.attester.accountHash(account, issuer ?? null, { epoch, accountKey });
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

/** The text members of a JSON object; none when the body is not one. */
async function readQuery(
  request: Request,
): Promise<Partial<Record<'account' | 'service' | 'issuer', string>>> {
  const deadline = AbortSignal.timeout(BODY_MILLISECONDS);
  const body = await readBody(request, { maxBytes: BODY_BYTES, deadline }).catch(() => null);
  try {
    const query: unknown = JSON.parse(new TextDecoder().decode(body ?? undefined));
    const members = Object.entries(query ?? {}).filter(([, value]) => typeof value === 'string');
    return Object.fromEntries(members);
  } catch {
    return {};
  }
}
