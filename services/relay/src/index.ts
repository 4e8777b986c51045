import { refuse } from './answer.ts';
import { relay, type Relay } from './app.ts';
import { addressKey } from './address-key.ts';
import { ConfigError, readConfig, refuseOwnZone, type Config, type Vars } from './config.ts';

interface Env extends Vars {
  /** JSON: base path → gateway origin. */
  readonly GATEWAYS: string;
  /** Secret; JSON: base path → credential, or null for a gateway that asks for none. */
  readonly RELAY_TOKENS: string;
  /** A rate limit per address (Workers Rate Limiting binding), if one is bound. */
  readonly LIMITER?: RateLimit;
}

let made: { readonly key: string; readonly config: Config; readonly relay: Relay } | null = null;

/** The relay of this isolate. @throws {ConfigError} each time, so that a bad configuration serves nothing */
function start(env: Env): NonNullable<typeof made> {
  const vars = Object.fromEntries(Object.entries(env).filter(([, value]) => typeof value === 'string'));
  const key = JSON.stringify(vars);
  if (made?.key === key) return made;
  const config = readConfig(vars);
  const deps = {
    config,
    send: (url: string, init: RequestInit) => fetch(url, init),
    now: Date.now,
    sleep: (ms: number) => scheduler.wait(ms),
    timeout: (ms: number) => AbortSignal.timeout(ms),
  };
  made = { key, config, relay: relay(deps) };
  return made;
}

export default {
  async fetch(request, env, ctx) {
    try {
      const { config, relay: mine } = start(env);
      refuseOwnZone(config, new URL(request.url).origin);
      return await mine.app.fetch(request, {
        admit: async () =>
          (await env.LIMITER?.limit({ key: addressKey(request.headers.get('cf-connecting-ip') ?? '') }))
            ?.success ?? true,
        waitUntil: (work: Promise<unknown>) => ctx.waitUntil(work),
      });
    } catch (error) {
      if (error instanceof ConfigError) return refuse('internal-error');
      throw error;
    }
  },
  async scheduled(_controller, env) {
    await start(env).relay.refresh();
  },
} satisfies ExportedHandler<Env>;
