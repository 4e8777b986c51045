import { Hono } from 'hono';
import { gaugesText, healthRoutes, storeHealth, type Health } from '@sotto/service/health';
import { metricsResponse, metricsText, type CounterStore, type Tally } from '@sotto/service/metrics';
import { operatorOnly } from '@sotto/service/operator';
import type { Config } from './config.ts';
import { FAMILIES } from './metrics.ts';
import type { WitnessStore } from './ports.ts';

export interface OperatorDeps {
  readonly config: Pick<Config, 'operators' | 'logs' | 'isMirror'>;
  readonly store: WitnessStore;
  readonly tally: Tally;
  readonly counters: CounterStore;
}

const PREFIX = 'sotto_witness';

/** The routes of the operator. For anybody else they do not exist. */
export function operatorRoutes(deps: OperatorDeps): Hono {
  const { config, tally, counters } = deps;
  const app = new Hono();
  app.get('/metrics', operatorOnly(config.operators, 'metrics'), async () => {
    const { gauges } = await healthOfWitness(deps); // also when the store is out of reach
    await tally.flush(counters).catch(() => {});
    const totals = await counters.totals().catch(() => ({}));
    return metricsResponse(metricsText(PREFIX, FAMILIES, totals) + gaugesText(PREFIX, gauges));
  });
  return app;
}

/** On a separate listener, without a token: for the supervisor of the process. */
export function healthOnListener(deps: OperatorDeps): Hono {
  return healthRoutes(() => healthOfWitness(deps));
}

/** The store, and how many entries a mirror lacks of the checkpoints that it accepted. */
export async function healthOfWitness({ config, store, counters }: OperatorDeps): Promise<Health> {
  const { problems, gauges } = await storeHealth(counters);
  const missing = await missingEntries(config, store).catch(() => null);
  if (missing === null) return { problems: [...problems, 'the store cannot be read'], gauges };
  const help = 'Entries of accepted checkpoints that this mirror lacks.';
  const behind = { name: 'entries_missing', help, value: missing };
  return { problems, gauges: config.isMirror ? [...gauges, behind] : gauges };
}

async function missingEntries({ logs }: Pick<Config, 'logs'>, store: WitnessStore): Promise<number> {
  const behind = await Promise.all(
    [...logs.keys()].map(
      async (origin) =>
        ((await store.accepted(origin))?.size ?? 0) - ((await store.mirrored(origin))?.size ?? 0),
    ),
  );
  return behind.reduce((sum, count) => sum + count, 0);
}
