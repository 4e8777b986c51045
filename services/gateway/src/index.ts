import { webcryptoHpke } from '@sotto/ohttp/webcrypto';
import { oncePerEnvironment, unlessMisconfigured } from '@sotto/service/worker';
import { refuse } from './app.ts';
import { startWorker, type Env } from './durable/start.ts';
import { OUTER } from './problem.ts';

export { CounterShard } from '@sotto/service/sqlite/counter-shard';
export { GatewayKeys } from './durable/gateway-keys.ts';
export { ReplayShard } from './durable/replay-shard.ts';

const gatewayOf = oncePerEnvironment((env: Env) =>
  startWorker(env, {
    hpke: webcryptoHpke(crypto.subtle),
    subtle: crypto.subtle,
    now: () => Math.floor(Date.now() / 1000),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    deadline: (ms) => AbortSignal.timeout(ms),
    elapsedMs: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    fetch: (url, init) => fetch(url, init),
  }),
);

export default {
  fetch: (request, env, ctx) =>
    unlessMisconfigured(
      () => gatewayOf(env).respond(request, (work) => ctx.waitUntil(work)),
      () => refuse(OUTER.unavailable),
    ),
  async scheduled(_controller, env) {
    await gatewayOf(env).runSchedule();
  },
} satisfies ExportedHandler<Env>;
