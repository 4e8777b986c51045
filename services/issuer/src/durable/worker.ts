import { PROBLEMS, problemResponse } from '@sotto/http';
import type {
  IssuerApi,
  PublishedSchedule,
  RedemptionCall,
  RedemptionResult,
  RefillCall,
  RefillResult,
} from '@sotto/redemption';
import { ConfigError, Variables, type Environment } from '@sotto/service/config';
import { aesKeyWrap, type AesSubtle, type KeyWrap } from '@sotto/service/keys';
import { CounterShard, durableCounters } from '@sotto/service/sqlite/counter-shard';
import { oncePerEnvironment, unlessMisconfigured } from '@sotto/service/worker';
import { WorkerEntrypoint } from 'cloudflare:workers';
import { app } from '../app.ts';
import { readConfig, type Config } from '../config.ts';
import { byTokenType, Issuer, type IssuerDeps } from '../issuer.ts';
import type { System } from '../ports.ts';
import type { EpochEnv } from './epoch-seconds.ts';
import { operatorRoutes } from '../operator.ts';
import { StoreRevision } from '../store-revision.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { durableKeys, durableLog, durableQuota, durableSpentTokens, earlierCounts } from './ports.ts';
import { QuotaShard } from './quota-shard.ts';
import { SpentShard } from './spent-shard.ts';

/** The bindings that wrangler.toml declares for the issuer, beside its variables. */
export interface IssuerEnv extends Environment, EpochEnv {
  readonly KEYS: DurableObjectNamespace<IssuerKeys>;
  readonly COUNTERS: DurableObjectNamespace<CounterShard>;
  readonly QUOTA: DurableObjectNamespace<QuotaShard>;
  readonly SPENT: DurableObjectNamespace<SpentShard>;
}

/** The dependencies that the entry file chooses. */
export interface WorkerDeps extends Pick<IssuerDeps, 'fetch' | 'voprf'> {
  readonly system: System;
  readonly subtle: AesSubtle;
}

/** The issuer as a Worker: its handler, the gateway's entrypoint, and the classes of its Durable Objects. */
export function issuerWorker(deps: WorkerDeps) {
  const workerOf = oncePerEnvironment((env: IssuerEnv) => startIssuer(env, deps));
  return {
    handler: handlerOf(workerOf),
    GatewayEntrypoint: entrypointOf(workerOf),
    CounterShard,
    ...objectClasses(deps),
  };
}

const configOf = (env: Environment): Config =>
  readConfig(new Variables(env, { service: 'issuer', platform: 'workers' }));

const wrapOf = ({ subtle, system }: WorkerDeps, { wrappingKeys }: Config): KeyWrap =>
  aesKeyWrap(subtle, wrappingKeys, system.random);

/** The issuer of an environment, and its routes. @throws {ConfigError} */
function startIssuer(env: IssuerEnv, deps: WorkerDeps) {
  const { system, fetch, voprf } = deps;
  const config = configOf(env);
  const spent = durableSpentTokens(env.SPENT);
  const authority = durableKeys(env.KEYS, spent);
  const issuer = new Issuer({
    config,
    system,
    fetch,
    voprf,
    wrap: wrapOf(deps, config),
    authority,
    revision: new StoreRevision(() => authority.revision()),
    quota: durableQuota(env.QUOTA),
    spent,
    counters: durableCounters(env.COUNTERS, system.random, () => earlierCounts(env.KEYS)),
    log: durableLog(env.KEYS),
  });
  return { issuer, respond: app(issuer).route('/', operatorRoutes(issuer)).fetch };
}

type WorkerOf = (env: IssuerEnv) => ReturnType<typeof startIssuer>;

function flush({ tally, deps }: Issuer, ctx: Pick<ExecutionContext, 'waitUntil'>): void {
  const flushed = tally.flushDue(deps.counters, deps.system.now());
  if (flushed !== null) ctx.waitUntil(flushed);
}

function handlerOf(workerOf: WorkerOf) {
  return {
    fetch: (request, env, ctx) =>
      unlessMisconfigured(
        async () => {
          const { issuer, respond } = workerOf(env);
          const response = await respond(request);
          flush(issuer, ctx);
          return response;
        },
        () => problemResponse(PROBLEMS.unavailable),
      ),
    /**
     * Fails with the reason when the configuration is wrong, or an external dependency makes the issuer
     * useless.
     */
    scheduled: async (_controller, env) => {
      const { issuer } = workerOf(env);
      await issuer.runSchedule();
      const problems = await issuer.check();
      if (problems.length > 0) throw new Error(problems.join('; '));
    },
  } satisfies ExportedHandler<IssuerEnv>;
}

/** The methods that the gateway's service binding can call. No route leads here. */
function entrypointOf(workerOf: WorkerOf) {
  return class GatewayEntrypoint extends WorkerEntrypoint<IssuerEnv> implements IssuerApi {
    async redeem(call: RedemptionCall): Promise<RedemptionResult> {
      const issuer = this.#issuer();
      if (issuer === null) return { outcome: 'unavailable', revision: 0 };
      const result = await issuer.redeem(call);
      flush(issuer, this.ctx);
      return result;
    }

    async refill(call: RefillCall): Promise<RefillResult> {
      const issuer = this.#issuer();
      if (issuer === null) return { outcome: 'unavailable', body: null, revision: 0 };
      const result = await issuer.refill(call);
      flush(issuer, this.ctx);
      return result;
    }

    async schedule(knownRevision: number): Promise<PublishedSchedule> {
      return (await this.#issuer()?.schedule(knownRevision)) ?? { revision: 0, epochs: [] };
    }

    /** Null when the configuration is wrong. */
    #issuer(): Issuer | null {
      try {
        return workerOf(this.env).issuer;
      } catch (error) {
        if (error instanceof ConfigError) return null;
        throw error;
      }
    }
  };
}

/** The Durable Objects' classes that need a clock, or what makes keys. */
function objectClasses(deps: WorkerDeps) {
  const { system, voprf } = deps;
  return {
    IssuerKeys: class extends IssuerKeys {
      constructor(ctx: DurableObjectState, env: IssuerEnv) {
        super(ctx, env, () => {
          const config = configOf(env);
          return { config, system, wrap: wrapOf(deps, config), voprf: byTokenType(voprf) };
        });
      }
    },

    QuotaShard: class extends QuotaShard {
      constructor(ctx: DurableObjectState, env: IssuerEnv) {
        super(ctx, env, system.now);
      }
    },

    SpentShard: class extends SpentShard {
      constructor(ctx: DurableObjectState, env: IssuerEnv) {
        super(ctx, env, system.now);
      }
    },
  };
}
