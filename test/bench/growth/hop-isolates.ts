import { freePorts } from '../../../services/local/src/ports.ts';
import { startSuite } from '../../../services/local/src/suite.ts';
import type { ChangeWorker } from '../../../services/local/src/workers.ts';
import { RawExchange } from '../../support/raw-exchange.ts';
import { childNamed, clockOfAll } from '../cpu-clock.ts';
import { inMemory } from '../suites.ts';
import { costOf } from '../turns.ts';
import { checkResponse, requests, type Target } from './connection.ts';
import { targetOf, type Hop } from './hops.ts';
import { replay } from './replay.ts';
import { turnsOf, type Turn } from './turns.ts';

const SIZES = [1, 2, 4]; // isolates, each in a workerd of its own
const ROUNDS = 13;
const WARM = 2000; // requests of each hop of each isolate, until its code is optimized
const REQUESTS = 300; // in a turn
const HOPS = ['relay', 'gateway'] as const;

/**
 * One envelope again and again, at a relay or a gateway in one workerd and in several: CPU time of these and wall time per request.
 * What is behind them repeats its first response: for a relay in this process, for a gateway in its workerd, over its bindings.
 */
export async function* hopIsolateTurns(): AsyncGenerator<Turn> {
  const isolates: Isolate[] = [];
  try {
    while (isolates.length < Math.max(...SIZES)) isolates.push(await startIsolate(isolates));
    for (const hop of HOPS) {
      for (const isolate of isolates) {
        await checkResponse(isolate[hop]);
        await requests([isolate[hop]], WARM);
        await checkResponse(isolate[hop]); // a token that is redeemed again and again would be refused
      }
    }
    for (const size of turnsOf(SIZES, ROUNDS)) {
      const some = isolates.slice(0, size);
      const clock = clockOfAll(some.map(({ pid }) => pid));
      const costs: Record<string, number> = {};
      for (const hop of HOPS) {
        const targets = some.map((isolate) => isolate[hop]);
        const { cpu, wall } = await costOf(clock, () => requests(targets, REQUESTS));
        costs[`growth.${hop}.isolates`] = cpu / REQUESTS;
        costs[`growth.${hop}.isolates.throughput`] = wall / REQUESTS;
      }
      yield { size, costs };
    }
  } finally {
    for (const { stop } of isolates) await stop();
  }
}

interface Isolate extends Readonly<Record<Hop, Target>> {
  readonly pid: number | null;
  readonly stop: () => Promise<void>;
}

/** Starts the services in a workerd of their own, beside other ones. */
async function startIsolate(others: readonly Isolate[]): Promise<Isolate> {
  const port = await freePorts();
  const gateway = await replay(`http://127.0.0.1:${port + 1}`);
  let stop: () => Promise<void> = async () => gateway.close();
  try {
    const relay = { GATEWAYS: JSON.stringify({ '': gateway.url }) };
    const suite = await inMemory(() => startSuite({ port, vars: { relay }, change: repeating }));
    stop = async () => {
      await suite.dispose();
      gateway.close();
    };
    const pid = childNamed('workerd', ...others.map((other) => other.pid));
    const raw = await RawExchange.of(suite);
    const [token] = await raw.issue('growth');
    const envelope = await raw.seal(raw.request(token ?? null, 'happy cat'));
    const targetAt = (hop: Hop, origin: string): Target => targetOf(hop, origin, envelope, suite.secrets);
    return {
      pid,
      stop,
      relay: targetAt('relay', suite.urls.relay),
      gateway: targetAt('gateway', suite.urls.gateway),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const ISSUER = `import { GatewayEntrypoint as Whole } from './whole.js';
export * from './whole.js';
export { default } from './whole.js';
let first;
export class GatewayEntrypoint extends Whole {
  async redeem(call) {
    return (first ??= await super.redeem(call));
  }
}`;

const STICKERS = `import whole from './whole.js';
let first;
async function keep(response) {
  return { body: await response.arrayBuffer(), status: response.status, headers: [...response.headers] };
}
export default {
  async fetch(request, env, context) {
    if (first === undefined) first = await keep(await whole.fetch(request, env, context));
    else await request.arrayBuffer();
    return new Response(first.body, first);
  },
};`;

/** An issuer and a service that repeat their first response to the gateway. */
const repeating: ChangeWorker = (service, { modules }) => {
  const code = { issuer: ISSUER, stickers: STICKERS }[service as string];
  if (code === undefined) return modules;
  const whole = modules.map((module) =>
    module.path === 'index.js' ? { ...module, path: 'whole.js' } : module,
  );
  return [{ type: 'ESModule', path: 'index.js', contents: code }, ...whole];
};
