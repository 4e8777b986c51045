import { hasMediaType, HttpError, problemResponse, PROBLEMS, readBody } from '@sotto/http';
import { Hono } from 'hono';
import type { Catalogue } from './catalogue.ts';
import { LIMITS, parseRequest } from './request.ts';
import { searchPage, SMALLEST_PAGE } from './search.ts';

export interface StickersDeps {
  /** The catalogue to search now; null when there is none that can be read. */
  readonly catalogue: () => Catalogue | null;
  /** Bytes that no answer exceeds. */
  readonly pageBytes: number;
  /** Aborts a body that takes too long. */
  readonly deadline: () => AbortSignal;
}

/** Sticker search: an ordinary HTTP service that keeps nothing and knows nobody. */
export function stickers({ catalogue, pageBytes, deadline }: StickersDeps): Hono {
  if (!(pageBytes >= SMALLEST_PAGE)) throw new Error(`PAGE_BYTES is below ${SMALLEST_PAGE}`);
  const app = new Hono();
  app.get('/health', (c) => c.body(null, 200, { 'cache-control': 'no-store' }));
  app.post('/v1/search', async (c) => {
    if (!hasMediaType(c.req.header('content-type') ?? null, 'application/json')) {
      throw new HttpError('unsupported-media-type');
    }
    const request = parseRequest(await readBody(c.req.raw, { maxBytes: LIMITS.body, deadline: deadline() }));
    const current = catalogue();
    if (current === null) throw new HttpError('unavailable');
    const page = searchPage(current, request, pageBytes);
    return c.body(page, 200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  });
  app.all('/v1/search', () => problemResponse(PROBLEMS['method-not-allowed'], { allow: 'POST' }));
  app.all('/health', () => problemResponse(PROBLEMS['method-not-allowed'], { allow: 'GET' }));
  app.notFound(() => problemResponse(PROBLEMS['not-found']));
  app.onError((error) =>
    problemResponse(error instanceof HttpError ? error.problem : PROBLEMS['internal-error']),
  );
  return app;
}
