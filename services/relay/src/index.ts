import { Variables, type Environment } from '@sotto/service/config';
import { oncePerEnvironment, unlessMisconfigured } from '@sotto/service/worker';
import { refuse } from './response.ts';
import { relay } from './app.ts';
import { readConfig, zoneCheck } from './config.ts';
import { limitedBy } from './limiter.ts';

interface Env extends Environment {
  /** A rate limit per address (Workers Rate Limiting binding), if one is bound. */
  readonly LIMITER?: RateLimit;
}

const timeout = (ms: number): AbortSignal => AbortSignal.timeout(ms);

const relayOf = oncePerEnvironment((env: Env) => {
  const config = readConfig(new Variables(env, { service: 'relay', platform: 'workers' }));
  const send = (url: string, init: RequestInit): Promise<Response> => fetch(url, init);
  const sleep = (ms: number): Promise<void> => scheduler.wait(ms);
  return { checkZone: zoneCheck(config), ...relay({ config, send, sleep, timeout, now: Date.now }) };
});

export default {
  fetch: (request, env, ctx) =>
    unlessMisconfigured(
      () => {
        const { checkZone, app } = relayOf(env);
        checkZone(request.url);
        return app.fetch(request, {
          admit: limitedBy(env.LIMITER, request.headers.get('cf-connecting-ip') ?? '', timeout),
          waitUntil: (work: Promise<unknown>) => ctx.waitUntil(work),
        });
      },
      () => refuse('unavailable'),
    ),
  async scheduled(_controller, env) {
    await relayOf(env).refresh();
  },
} satisfies ExportedHandler<Env>;
