import { webcryptoHpke } from '@sotto/ohttp/webcrypto';
import { problemResponse } from '@sotto/http';
import type { IssuerApi } from '@sotto/redemption';
import type { Bytes, UnixSeconds } from '@sotto/wire';
import { gateway, type GatewayDeps } from './app.ts';
import { compose } from './compose.ts';
import { parseConfig, type Config, type ServiceRow } from './config.ts';
import type { GatewayKeys } from './durable/gateway-keys.ts';
import { REPLAY_SHARDS, type ReplayShard } from './durable/replay-shard.ts';
import { destroyDead, prepare } from './keys/authority.ts';
import type { KeyStore, ReplayStore } from './ports.ts';
import { OUTER } from './problem.ts';
import { fetchService, type Fetch } from './service/fetch-service.ts';
import type { Service } from './service/service.ts';

export { GatewayKeys } from './durable/gateway-keys.ts';
export { ReplayShard } from './durable/replay-shard.ts';

interface Env extends Readonly<Record<string, unknown>> {
  readonly KEYS: DurableObjectNamespace<GatewayKeys>;
  readonly REPLAYS: DurableObjectNamespace<ReplayShard>;
  readonly ISSUER: IssuerApi;
}

const now = (): UnixSeconds => Math.floor(Date.now() / 1000);
const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));

/** One app for an isolate: its environment is one object. What fails to start answers 503 and nothing else. */
const apps = new WeakMap<
  Env,
  { readonly deps: GatewayDeps; readonly app: ReturnType<typeof gateway> } | null
>();

function appOf(env: Env): { readonly deps: GatewayDeps; readonly app: ReturnType<typeof gateway> } | null {
  const known = apps.get(env);
  if (known !== undefined) return known;
  const started = start(env);
  apps.set(env, started);
  return started;
}

function start(env: Env) {
  try {
    const deps = wire(env, parseConfig(env));
    return { deps, app: gateway(deps) };
  } catch {
    return null;
  }
}

function wire(env: Env, config: Config): GatewayDeps {
  return compose(config, {
    hpke: webcryptoHpke(crypto.subtle),
    subtle: crypto.subtle,
    now,
    random,
    deadline: (ms) => AbortSignal.timeout(ms),
    redeemer: { redeem: (r) => env.ISSUER.redeem(r) },
    replays: replayStore(env.REPLAYS),
    store: keyStore(env.KEYS),
    schedule: () => env.ISSUER.schedule(),
    serviceOf: (row) => serviceOf(env, row),
  });
}

function serviceOf(env: Env, { name, target }: ServiceRow): Service {
  if ('url' in target) return fetchService(target.url, (url, init) => fetch(url, init));
  const binding = env[target.binding] as { fetch: Fetch };
  return fetchService(`https://${name}`, (url, init) => binding.fetch(url, init));
}

/** One object holds the keys of all isolates. */
function keyStore(namespace: Env['KEYS']): KeyStore {
  const stub = () => namespace.getByName('keys');
  return {
    epochs: async (from, to) => stub().epochs(from, to),
    add: async (epochs) => stub().add([...epochs]),
    destroy: async (before) => stub().destroy(before),
    bundles: async (from, to) => stub().bundles(from, to),
    offer: async (bundles) => stub().offer(bundles),
    sign: async (signed) => stub().sign(signed),
  };
}

function replayStore(namespace: Env['REPLAYS']): ReplayStore {
  return {
    admit: async (envelope, expires, at) =>
      namespace.getByName(`replay-${(envelope[0] ?? 0) % REPLAY_SHARDS}`).admit(envelope, expires, at),
  };
}

export default {
  async fetch(request, env) {
    return (
      (await appOf(env)?.app.fetch(request)) ?? problemResponse(OUTER.unavailable, { 'retry-after': '5' })
    );
  },
  async scheduled(_, env) {
    const authority = appOf(env)?.deps.authority;
    if (authority === undefined) return;
    await destroyDead(authority, now());
    await prepare(authority, now());
  },
} satisfies ExportedHandler<Env>;
