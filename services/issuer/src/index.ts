import { PROBLEMS, problemResponse } from '@sotto/http';
import type { IssuerApi, PublishedSchedule, Redemption, RedemptionOutcome } from '@sotto/redemption';
import { ecdhVoprf } from '@sotto/voprf/ecdh';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-workerd';
import { DAY, graceSeconds, type UnixSeconds } from '@sotto/wire';
import { WorkerEntrypoint } from 'cloudflare:workers';
import { app } from './app.ts';
import { parseConfig, VARIABLES, type Config } from './config.ts';
import { KeyStore } from './durable/keys.ts';
import { durableCounters, durableKeys, durableQuota, durableSpentTokens } from './durable/ports.ts';
import { QuotaCounts } from './durable/quota.ts';
import { SpentLedger } from './durable/spent.ts';
import { byTokenType, Issuer } from './issuer.ts';
import type { Platform } from './ports.ts';
import type { ScheduleDeps } from './schedule.ts';

/** The issuer as a Worker: the one place here that knows clock, chance, network and bindings. */

export interface IssuerEnv extends Readonly<Partial<Record<(typeof VARIABLES)[number], string>>> {
  readonly KEYS: DurableObjectNamespace<IssuerKeys>;
  readonly QUOTA: DurableObjectNamespace<QuotaShard>;
  readonly SPENT: DurableObjectNamespace<SpentShard>;
}

const now = (): UnixSeconds => Math.floor(Date.now() / 1000);

const platform: Platform = {
  now,
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  date: (seconds) => new Date(seconds * 1000),
  pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** Secret scalars meet constant-time code alone: libsodium's, and the platform's own ECDH. */
const voprf = {
  'ristretto255-SHA512': sodiumVoprf(await loadSodium()),
  'P384-SHA384': ecdhVoprf(crypto.subtle),
};

interface Wired {
  readonly issuer: Issuer;
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

/** One issuer an environment; an isolate has one, and null when it is wrong. */
const wired = new WeakMap<IssuerEnv, Wired | null>();

function wire(env: IssuerEnv): Wired | null {
  let live = wired.get(env);
  if (live === undefined) {
    live = make(env);
    wired.set(env, live);
  }
  return live;
}

function make(env: IssuerEnv): Wired | null {
  let config: Config;
  try {
    config = parseConfig({ ...env });
  } catch {
    return null;
  }
  const spent = durableSpentTokens(env.SPENT);
  const issuer = new Issuer({
    config,
    platform,
    fetch: (input, init) => fetch(input, init),
    voprf,
    authority: durableKeys(env.KEYS, spent),
    quota: durableQuota(env.QUOTA),
    spent,
    counters: durableCounters(env.KEYS),
  });
  const routes = app(issuer);
  return { issuer, fetch: (request) => routes.fetch(request) };
}

const FLUSH = 10; // seconds between two hand-overs of an isolate's counts
let flushed = 0;

/** Hands over what was counted, now and then, after the answer. */
function flush({ issuer }: Wired, ctx: Pick<ExecutionContext, 'waitUntil'>): void {
  if (issuer.tally.empty || now() - flushed < FLUSH) return;
  flushed = now();
  ctx.waitUntil(issuer.tally.flush(issuer.deps.counters).catch(() => {}));
}

export default {
  async fetch(request, env, ctx) {
    const live = wire(env);
    if (live === null) return problemResponse(PROBLEMS.unavailable);
    const response = await live.fetch(request);
    flush(live, ctx);
    return response;
  },
  async scheduled(_controller, env) {
    await wire(env)?.issuer.runSchedule();
  },
} satisfies ExportedHandler<IssuerEnv>;

/** What the gateway's binding may call, and no route leads to. */
export class GatewayEntrypoint extends WorkerEntrypoint<IssuerEnv> implements IssuerApi {
  async redeem(redemption: Redemption): Promise<RedemptionOutcome> {
    const live = wire(this.env);
    if (live === null) return 'unavailable';
    const outcome = await live.issuer.redeem(redemption);
    flush(live, this.ctx);
    return outcome;
  }

  async schedule(): Promise<PublishedSchedule> {
    return (await wire(this.env)?.issuer.schedule()) ?? { epochs: [] };
  }
}

export class IssuerKeys extends KeyStore {
  protected override deps(): Omit<ScheduleDeps, 'database'> {
    return { config: parseConfig({ ...(this.env as IssuerEnv) }), platform, voprf: byTokenType(voprf) };
  }
}

/** The epoch's length alone, since a ledger and a quota must outlive any other mistake of configuration. */
const epochSeconds = (env: unknown): number => Number((env as IssuerEnv).EPOCH_SECONDS ?? DAY);

export class QuotaShard extends QuotaCounts {
  protected override now(): UnixSeconds {
    return now();
  }
  protected override epochSeconds(): number {
    return epochSeconds(this.env);
  }
  protected override grace(): number {
    return graceSeconds(this.epochSeconds());
  }
}

export class SpentShard extends SpentLedger {
  protected override now(): UnixSeconds {
    return now();
  }
  protected override grace(): number {
    return graceSeconds(epochSeconds(this.env));
  }
}
