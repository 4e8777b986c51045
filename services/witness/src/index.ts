import { oncePerEnvironment, unlessMisconfigured } from '@sotto/service/worker';
import { refuse } from './app.ts';
import { startWorker, type Env } from './durable/start.ts';

export { LogState } from './durable/log-state.ts';

const witnessOf = oncePerEnvironment((env: Env) =>
  startWorker(env, {
    now: () => Math.floor(Date.now() / 1000),
    deadline: (ms) => AbortSignal.timeout(ms),
  }),
);

export default {
  fetch: (request, env, ctx) =>
    unlessMisconfigured(
      () => witnessOf(env).respond(request, (work) => ctx.waitUntil(work)),
      () => refuse('unavailable'),
    ),
  async scheduled(_controller, env) {
    await witnessOf(env).flush();
  },
} satisfies ExportedHandler<Env>;
