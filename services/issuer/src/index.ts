import { PROBLEMS, problemResponse } from '@sotto/http';
import type { IssuerApi, PublishedSchedule, Redemption, RedemptionOutcome } from '@sotto/redemption';
import { aesKeyWrap, type KeyWrap } from '@sotto/service/keys';
import { ecdhVoprf } from '@sotto/voprf/ecdh';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-workerd';
import type { UnixSeconds } from '@sotto/wire';
import { WorkerEntrypoint } from 'cloudflare:workers';
import { app } from './app.ts';
import { parseConfig, VARIABLES, type Config } from './config.ts';
import { IssuerKeys as IssuerKeysObject } from './durable/issuer-keys.ts';
import { durableCounters, durableKeys, durableQuota, durableSpentTokens } from './durable/ports.ts';
import { QuotaShard as QuotaShardObject } from './durable/quota-shard.ts';
import { SpentShard as SpentShardObject } from './durable/spent-shard.ts';
import { byTokenType, Issuer } from './issuer.ts';
import type { Platform } from './ports.ts';

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

const keyWrap = ({ wrappingKey }: Config): KeyWrap => aesKeyWrap(crypto.subtle, wrappingKey, platform.random);

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
    wrap: keyWrap(config),
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

// The runtime constructs these by their names; each gets the clock and the cryptography of this file.

export class IssuerKeys extends IssuerKeysObject {
  constructor(ctx: DurableObjectState, env: IssuerEnv) {
    super(ctx, env, () => {
      const config = parseConfig({ ...env });
      return { config, platform, wrap: keyWrap(config), voprf: byTokenType(voprf) };
    });
  }
}

export class QuotaShard extends QuotaShardObject {
  constructor(ctx: DurableObjectState, env: IssuerEnv) {
    super(ctx, env, now);
  }
}

export class SpentShard extends SpentShardObject {
  constructor(ctx: DurableObjectState, env: IssuerEnv) {
    super(ctx, env, now);
  }
}
