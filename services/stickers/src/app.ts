import { hasMediaType, HttpError, problemResponse, PROBLEMS, readBody } from '@sotto/http';
import { Hono } from 'hono';
import type { Catalogue } from './catalogue.ts';
import { LIMITS, parseRequest } from './request.ts';
import { searchPage, SMALLEST_PAGE } from './search.ts';

export interface StickersDeps {
  /** The catalogue for a search in a locale, or in every language; null when it cannot be read. */
  readonly catalogue: (locale: string | undefined) => Catalogue | null | Promise<Catalogue | null>;
  /** The largest response, in bytes. */
  readonly pageBytes: number;
  /** Aborts after this many milliseconds. */
  readonly deadline: (ms: number) => AbortSignal;
}

const BODY_MS = 10_000;
/** The method of each path. A second route for all others would make each request pass through both. */
const METHODS = new Map([
  ['/health', 'GET'],
  ['/v1/search', 'POST'],
]);

/** Sticker search: a plain HTTP service without storage that knows nothing about its clients. */
export function stickers({ catalogue, pageBytes, deadline }: StickersDeps): Hono {
  if (!(pageBytes >= SMALLEST_PAGE)) throw new Error(`PAGE_BYTES is below ${SMALLEST_PAGE}`);
  const app = new Hono();
  app.get('/health', (c) => c.body(null, 200, { 'cache-control': 'no-store' }));
  app.post('/v1/search', async (c) => {
    if (!hasMediaType(c.req.header('content-type') ?? null, 'application/json')) {
      throw new HttpError('unsupported-media-type');
    }
    const request = parseRequest(
      await readBody(c.req.raw, { maxBytes: LIMITS.body, deadline: deadline(BODY_MS) }),
    );
    const current = await catalogue(request.locale);
    if (current === null) throw new HttpError('unavailable');
    const { type, content } = searchPage(current, request, pageBytes);
    return c.body(content, 200, { 'content-type': type, 'cache-control': 'no-store' });
  });
  app.notFound((c) => {
    const allow = METHODS.get(c.req.path);
    return allow === undefined
      ? problemResponse(PROBLEMS['not-found'])
      : problemResponse(PROBLEMS['method-not-allowed'], { allow });
  });
  app.onError((error) =>
    problemResponse(error instanceof HttpError ? error.problem : PROBLEMS['internal-error']),
  );
  return app;
}
