/** The sticker service as a Worker. */
import { PROBLEMS, problemResponse } from '@sotto/http';
import { ConfigError, Variables, type Environment } from '@sotto/service/config';
import { oncePerEnvironment } from '@sotto/service/worker';
import art from '../catalogue/built/art.bin';
import archive from '../catalogue/built/catalogue.bin';
import { stickers } from './app.ts';
import { openCatalogue, type Catalogue } from './catalogue.ts';

let opened: Catalogue | null | undefined; // null: it cannot be read

/** The catalogue that was deployed with this Worker, opened on the first request. */
function catalogue(): Catalogue | null {
  try {
    opened ??= openCatalogue(new Uint8Array(archive), new Uint8Array(art));
  } catch {
    opened = null;
  }
  return opened;
}

const start = oncePerEnvironment((env: Environment) => {
  const variables = new Variables(env, { service: 'stickers', platform: 'workers' });
  const pageBytes = variables.number('PAGE_BYTES');
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
