import { ConfigError } from './config/index.ts';

/** Makes a service once for each environment object, of which an isolate has one. A failure is kept and thrown each time. */
export function oncePerEnvironment<Env extends object, Service>(
  start: (env: Env) => Service,
): (env: Env) => Service {
  const started = new WeakMap<Env, { readonly service: Service } | { readonly error: unknown }>();
  return (env) => {
    let result = started.get(env);
    if (result === undefined) {
      try {
        result = { service: start(env) };
      } catch (error) {
        result = { error };
      }
      started.set(env, result);
    }
    if ('error' in result) throw result.error;
    return result.service;
  };
}

/** A Worker whose configuration is wrong refuses every request; its cron fails with the reason. */
export async function unlessMisconfigured(
  respond: () => Response | Promise<Response>,
  refuse: () => Response,
): Promise<Response> {
  try {
    return await respond();
  } catch (error) {
    if (error instanceof ConfigError) return refuse();
    throw error;
  }
}
