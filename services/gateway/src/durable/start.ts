import type { IssuerApi } from '@sotto/redemption';
import { Variables, type Environment } from '@sotto/service/config';
import { durableCounters, type CounterShard } from '@sotto/service/sqlite/counter-shard';
import { gateway } from '../app.ts';
import { compose, type Platform } from '../compose.ts';
import { readConfig, type ServiceRow } from '../config.ts';
import { trackIssuer } from '../issuer.ts';
import { requireReadable } from '../keys/rotation.ts';
import { runSchedule } from '../keys/schedule.ts';
import { operator } from '../operator.ts';
import { fetchService, type Fetch } from '../service/fetch-service.ts';
import type { Service } from '../service/service.ts';
import type { GatewayKeys } from './gateway-keys.ts';
import { durableKeyStore, durableLog, durableReplayStore, earlierCounts } from './ports.ts';
import type { ReplayShard } from './replay-shard.ts';

/** The bindings of the Worker beside its variables. */
export interface Env extends Environment {
  readonly KEYS: DurableObjectNamespace<GatewayKeys>;
  readonly COUNTERS: DurableObjectNamespace<CounterShard>;
  readonly REPLAYS: DurableObjectNamespace<ReplayShard>;
  readonly ISSUER: IssuerApi;
}

/** The dependencies that the entry file of the Worker chooses. */
export interface WorkerPlatform extends Pick<
  Platform,
  'hpke' | 'subtle' | 'now' | 'random' | 'deadline' | 'elapsedMs' | 'sleep'
> {
  readonly fetch: Fetch;
}

/** The gateway of a Worker's environment. @throws {ConfigError} */
export function startWorker(env: Env, { fetch: send, ...platform }: WorkerPlatform) {
  const store = durableKeyStore(env.KEYS);
  const issuer = trackIssuer(env.ISSUER, store, platform.elapsedMs);
  const deps = compose(readConfig(new Variables(env, { service: 'gateway', platform: 'workers' })), {
    ...platform,
    redeemer: issuer,
    refiller: issuer,
    schedule: issuer.schedule,
    replays: durableReplayStore(env.REPLAYS),
    store,
    counters: durableCounters(env.COUNTERS, platform.random, () => earlierCounts(env.KEYS)),
    log: durableLog(env.KEYS),
    settledNow: platform.now, // the clock of a Worker cannot be set
    serviceOf: (row) => serviceOf(env, row, send),
  });
  const { fetch: pass } = gateway(deps).route('/', operator(deps));
  return {
    async respond(request: Request, waitUntil: (work: Promise<unknown>) => void): Promise<Response> {
      const response = await pass(request);
      const flushed = deps.tally.flushDue(deps.counters, platform.now());
      if (flushed !== null) waitUntil(flushed);
      return response;
    },
    runSchedule: async () => {
      const problems = await runSchedule(deps.authority, platform.now());
      await requireReadable(deps.authority); // a failed cron run shows the reason
      if (problems.length > 0) throw new Error(problems.join('; '));
    },
  };
}

function serviceOf(env: Env, { name, target }: ServiceRow, send: Fetch): Service {
  if ('url' in target) return fetchService(target.url, send);
  if (!('binding' in target)) throw new Error('refills have no service');
  const binding = env[target.binding] as { readonly fetch: Fetch };
  return fetchService(`https://${name}`, binding.fetch.bind(binding));
}
