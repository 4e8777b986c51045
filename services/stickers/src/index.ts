/** The sticker service as a Worker. */
import { PROBLEMS, problemResponse } from '@sotto/http';
import { ConfigError, Variables, type Environment } from '@sotto/service/config';
import { oncePerEnvironment } from '@sotto/service/worker';
import { lazyCatalogue } from './assets.ts';
import { stickers } from './app.ts';

/** Static assets of the deployment. The Worker runs first, so nothing else serves them. */
interface Assets {
  fetch(request: string): Promise<Response>;
}

const start = oncePerEnvironment((env: Environment) => {
  const variables = new Variables(env, { service: 'stickers', platform: 'workers' });
  const pageBytes = variables.number('PAGE_BYTES');
  const assets = env['ASSETS'] as Assets;
  const catalogue = lazyCatalogue(async (name) => {
    const response = await assets.fetch(`https://assets.invalid/${name}`);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  });
  return stickers({ catalogue, pageBytes, deadline: (ms) => AbortSignal.timeout(ms) });
});

export default {
  fetch: (request: Request, env: Environment): Response | Promise<Response> => {
    try {
      return start(env).fetch(request);
    } catch (error) {
      if (error instanceof ConfigError) return problemResponse(PROBLEMS.unavailable);
      throw error;
    }
  },
};
