import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stickers } from '../../src/app.ts';
import { type Catalogue, openCatalogue } from '../../src/catalogue.ts';
import type { Search } from '@sotto/sticker-search';
import { LATIN, Language } from '@sotto/sticker-search/format';

export const BUILT = path.join(import.meta.dirname, '../../catalogue/built');
export const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(path.join(BUILT, name)));

/** The catalogue that the test run built before its first test. */
export const catalogue: Catalogue = openCatalogue(bytes('catalogue.bin'), bytes('art.bin'));
export const search: Search = catalogue.search;

/** The results of a query as emoji; a drawing without one by its name. */
export const emoji = (query: string, locale = 'en', limit = 24): string[] =>
  search.search(query, { locale, limit }).map((found) => found.emoji || found.name);

export const PAGE_BYTES = 162_816;
export const app = stickers({
  catalogue: () => catalogue,
  pageBytes: PAGE_BYTES,
  deadline: () => AbortSignal.timeout(5_000),
});

export interface Page {
  readonly results: {
    readonly id: string;
    readonly name: string;
    readonly emoji: string;
    readonly pack: string;
    readonly matched: string;
    readonly art: { readonly type: string; readonly data: string };
  }[];
  readonly next: string | null;
}

/** Posts a search as it is: text, bytes or a value to be JSON. */
export const post = (body: unknown, on = app): Promise<Response> =>
  Promise.resolve(
    on.request('/v1/search', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body:
        typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
    }),
  );

export const page = async (body: unknown): Promise<Page> => (await (await post(body)).json()) as Page;

/** Every term of a language's index, as people type it. */
export function vocabulary(tag: string): string[] {
  const language = new Language(bytes(`index/${tag}.bin`), search.table.stickers.length);
  return Array.from(language.terms, (term) => term.replace(LATIN, ''));
}
