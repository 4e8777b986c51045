import { epochIndexAt, HORIZON, type UnixSeconds } from '@sotto/wire';
import { Hono, type MiddlewareHandler } from 'hono';
import type { CounterStore } from './metrics.ts';

/** A Prometheus gauge without labels. */
interface Gauge {
  /** Without prefix: `keys_ahead`. */
  readonly name: string;
  readonly help: string;
  readonly value: number;
}

/** The state of a service, for its operator. It says nothing about a person or a request. */
export interface Health {
  /** Why the service is not ready, one sentence each. Empty when it is. */
  readonly problems: readonly string[];
  readonly gauges: readonly Gauge[];
}

/** The state of a service with keys. */
export interface KeyedState {
  /** Epochs, by their index, whose keys are all there. */
  readonly epochs: readonly number[];
  /** Epochs whose bundle is signed; null for a service without bundles. */
  readonly signed: readonly number[] | null;
  /** Epochs whose bundle has the proof of a public log; empty without a log. */
  readonly proven?: readonly number[];
}

/** A counter that no family publishes. Only a write shows whether writes succeed. */
const WRITE_PROBE = { 'health writes': 1 };

/** Whether the store takes a write. */
export async function storeHealth(counters: Pick<CounterStore, 'add'>): Promise<Health> {
  const isWritable = await counters.add(WRITE_PROBE).then(
    () => true,
    () => false,
  );
  const help = 'Whether the last write to the store succeeded.';
  return {
    problems: isWritable ? [] : ['the store takes no write: check the disk and its permissions'],
    gauges: [gauge('store_writable', help, isWritable ? 1 : 0)],
  };
}

/**
 * The health of a service with keys.
 *
 * @param state - reads the store; a failure means that it is out of reach
 */
export async function healthOf(
  state: () => Promise<KeyedState>,
  counters: Pick<CounterStore, 'add'>,
  { now, epochSeconds }: { readonly now: UnixSeconds; readonly epochSeconds: number },
): Promise<Health> {
  const store = await storeHealth(counters);
  const known = await state().catch(() => null);
  if (known === null) {
    return { problems: [...store.problems, 'the store cannot be read'], gauges: store.gauges };
  }
  const { epochs, signed, proven = [] } = known;
  const current = epochIndexAt(now, epochSeconds);
  const ahead = consecutive(epochs, current) - 1;
  const gauges = [
    ...store.gauges,
    gauge('keys_ahead', 'Epochs after the current one whose keys are there.', Math.max(0, ahead)),
    gauge(
      'rotation_overdue',
      'Whether keys are missing that the schedule has made by now.',
      ahead < HORIZON ? 1 : 0,
    ),
  ];
  const problems = [...store.problems];
  if (ahead < 0) problems.push('the keys of this epoch are missing: see sotto keys rotate');
  if (signed !== null) {
    const untilOf = (those: readonly number[]): number =>
      those.includes(current) ? (current + consecutive(those, current)) * epochSeconds : 0;
    const what = 'Unix time until which the bundles of this epoch and of those after it';
    gauges.push(
      gauge('bundle_signed_until', `${what} are signed.`, untilOf(signed)),
      gauge('bundle_proven_until', `${what} have the proof of a public log; 0 without one.`, untilOf(proven)),
    );
    // Only the current epoch makes a process unhealthy. Gaps in later epochs are for alarms on the gauges: all processes of a
    // store have the same gap, and a balancer would remove them all.
    if (!signed.includes(current))
      problems.push('the bundle of this epoch is not signed: see sotto bundle sign');
  }
  return { problems, gauges };
}

const gauge = (name: string, help: string, value: number): Gauge => ({ name, help, value });

/** How many epochs follow each other from this one on. */
function consecutive(epochs: readonly number[], from: number): number {
  const there = new Set(epochs);
  let count = 0;
  while (there.has(from + count)) count++;
  return count;
}

/** Gauges in the Prometheus text format. @param prefix - `sotto_gateway` */
export function gaugesText(prefix: string, gauges: readonly Gauge[]): string {
  return gauges
    .map(({ name, help, value }) => {
      const metric = `${prefix}_${name}`;
      return `# HELP ${metric} ${help}\n# TYPE ${metric} gauge\n${metric} ${value}\n`;
    })
    .join('');
}

const NO_STORE = { 'cache-control': 'no-store' };

/** `/livez`: the process responds. `/readyz`: 200, or 503 with the reasons. */
export function healthRoutes(health: () => Promise<Health>, guard?: MiddlewareHandler): Hono {
  const routes = new Hono();
  if (guard !== undefined) for (const path of ['/livez', '/readyz']) routes.use(path, guard);
  routes.get('/livez', (c) => c.json({ alive: true }, 200, NO_STORE));
  routes.get('/readyz', async (c) => {
    const { problems } = await health();
    const ready = problems.length === 0;
    return c.json({ ready, problems }, ready ? 200 : 503, NO_STORE);
  });
  return routes;
}
