import art from '../catalogue/built/art.bin';
import archive from '../catalogue/built/catalogue.bin';
import { stickers } from './app.ts';
import { type Catalogue, openCatalogue } from './catalogue.ts';

interface Env {
  /** Bytes that no answer exceeds; the gateway's row for this service has the room. */
  readonly PAGE_BYTES?: string;
}

const BODY_MS = 10_000;
const PAGE_BYTES = 96_000;

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

const deadline = (): AbortSignal => AbortSignal.timeout(BODY_MS);

const made = new WeakMap<Env, ReturnType<typeof stickers>>(); // one an environment, which an isolate keeps

function routes(env: Env): ReturnType<typeof stickers> {
  const known = made.get(env);
  if (known) return known;
  const app = stickers({ catalogue, pageBytes: Number(env.PAGE_BYTES ?? PAGE_BYTES), deadline });
  made.set(env, app);
  return app;
}

export default {
  fetch: (request: Request, env: Env): Response | Promise<Response> => routes(env).fetch(request),
};
