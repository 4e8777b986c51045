import { Variables, type Environment } from '@sotto/service/config';
import { healthRoutes } from '@sotto/service/health';
import { Tally } from '@sotto/service/metrics';
import { operatorOnly } from '@sotto/service/operator';
import { witness, type WitnessDeps } from '../app.ts';
import { readConfig } from '../config.ts';
import { healthOfWitness, operatorRoutes } from '../operator.ts';
import type { LogState } from './log-state.ts';
import { durableCounters, durableWitnessStore } from './ports.ts';

/** The bindings of the Worker beside its variables. */
export interface Env extends Environment {
  readonly STATE: DurableObjectNamespace<LogState>;
}

/** The witness of a Worker's environment. @throws {ConfigError} */
export function startWorker(env: Env, { now, deadline }: Pick<WitnessDeps, 'now' | 'deadline'>) {
  const config = readConfig(new Variables(env, { service: 'witness', platform: 'workers' }));
  const [store, counters] = [durableWitnessStore(env.STATE), durableCounters(env.STATE)];
  const deps: WitnessDeps = { config, store, counters, tally: new Tally(), now, deadline };
  const guard = operatorOnly(config.operators, 'metrics');
  const { fetch: pass } = witness(deps)
    .route('/', operatorRoutes(deps))
    .route(
      '/',
      healthRoutes(() => healthOfWitness(deps), guard),
    );
  return {
    async respond(request: Request, waitUntil: (work: Promise<unknown>) => void): Promise<Response> {
      const response = await pass(request);
      const flushed = deps.tally.flushDue(counters, now());
      if (flushed !== null) waitUntil(flushed);
      return response;
    },
    flush: () => deps.tally.flush(counters),
  };
}
