/** A sticker service that reads the files of each language at its first use, and answers every search with the same page. */
import { pageOf } from '../layout.ts';

interface Env {
  readonly PAGE_TYPE: string;
  readonly PAGE_BYTES: number;
  readonly ASSETS: { fetch(url: string): Promise<Response> };
}

const ENGLISH = ['manifest.json', 'stickers.json', 'related.bin', 'art.bin'];
const read = new Set<string>(); // languages
let page: Uint8Array<ArrayBuffer> | undefined;

export default {
  async fetch(request: Request, { ASSETS, PAGE_TYPE, PAGE_BYTES }: Env): Promise<Response> {
    const { locale } = (await request.json()) as { readonly locale: string };
    if (!read.has(locale)) {
      const files = [...(locale === 'en' ? ENGLISH : []), `index/${locale}.bin`, `meaning/${locale}.bin`];
      await Promise.all(
        files.map(async (file) => (await ASSETS.fetch(`https://assets.invalid/${file}`)).arrayBuffer()),
      );
      read.add(locale);
    }
    page ??= pageOf(PAGE_BYTES);
    return new Response(page, { headers: { 'content-type': PAGE_TYPE } });
  },
};
