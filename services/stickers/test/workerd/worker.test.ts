import { env } from 'cloudflare:test';
import { decodeStickerPage } from '@sotto/sticker-search/response';
import { describe, expect, test } from 'vitest';
import { PROBLEMS, problemText } from '@sotto/http';
import worker from '../../src/index.ts';

const post = async (
  body: unknown,
  bindings: Readonly<Record<string, unknown>> = { ...env },
): Promise<Response> =>
  worker.fetch(
    new Request('https://stickers/v1/search', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
    bindings,
  );
interface Page {
  results: {
    id: string;
    name: string;
    emoji: string;
    pack: string;
    matched: string;
    art: { type: string; data: string };
  }[];
  next: string | null;
}
const search = async (body: object): Promise<Page> => (await post(body)).json();

describe('the Worker, with the catalogue it deploys with', () => {
  test('responds with stickers and their art', async () => {
    const { results, next } = await search({ q: 'cat', locale: 'en', limit: 3 });
    expect(results).toHaveLength(3);
    for (const { id, name, emoji, pack, matched, art } of results) {
      expect(id).toMatch(/^[\w-]{12}$/);
      expect(name).toMatch(/cat/);
      expect(emoji).toMatch(/\p{Emoji}/u);
      expect(pack).toBe('core');
      expect(matched).toMatch(/cat/);
      expect(art.data).toMatch(
        art.type === 'image/webp' ? /^UklGR/ : /^<svg xmlns='http:\/\/www\.w3\.org\/2000\/svg'.*>$/,
      );
    }
    expect(next).toMatch(/^3\./);
  });
  test('art in JSON is the base64 of the art that comes as bytes', async () => {
    const asked = { q: 'happy', locale: 'en', limit: 24 };
    const { results } = await search(asked);
    const content = new Uint8Array(await (await post({ ...asked, art: 'bytes' })).arrayBuffer());
    const { images } = decodeStickerPage(content);
    const compared = results.flatMap(({ art }, i) =>
      art.type === 'image/webp' ? [[art.data, images[i]] as const] : [],
    );
    expect(compared.length).toBeGreaterThan(5);
    for (const [data, image] of compared)
      expect(Uint8Array.from(atob(data), (c) => c.charCodeAt(0))).toEqual(Uint8Array.from(image ?? []));
  });
  test('has every language', async () => {
    const found = async (q: string, locale: string) =>
      (await search({ q, locale, limit: 5 })).results.map((r) => r.emoji);
    expect(await found('قطة', 'ar')).toContain('🐱');
    expect(await found('猫', 'ja')).toContain('🐱');
    expect(await found('mačka', 'sr')).toContain('🐱');
    expect(await found('cat', 'xx')).toContain('🐱');
  });
  test('Q06 no response is longer than the page, in any language or in all', async () => {
    for (const locale of ['en', 'de', 'th', undefined]) {
      for (const q of ['', 'a', 'e', 'face', 'heart', 'family', 'zzzz', '👪']) {
        const length = (
          await (await post({ q, limit: 48, ...(locale === undefined ? {} : { locale }) })).arrayBuffer()
        ).byteLength;
        expect(length).toBeLessThanOrEqual(162_816);
      }
    }
    const { byteLength } = await (await post({ q: 'face' }, { ...env, PAGE_BYTES: '20000' })).arrayBuffer();
    expect(byteLength).toBeLessThanOrEqual(20_000);
  });
  test('Q01 Q02 Q03 Q07 unusual queries get a response or one constant refusal', async () => {
    for (const q of ['\u0000', '\u202e', '"', '*', "' OR 1=1 --", 'NEAR(', '👍🏽'])
      expect((await post({ q })).status).toBe(200);
    for (const bad of ['', '{', { q: '\ud800' }, { q: 'cat', locale: '--' }, { q: 'cat', cursor: '-1' }]) {
      const response = await post(bad);
      expect([response.status, await response.text()]).toEqual([400, problemText(PROBLEMS['bad-request'])]);
    }
  });
  test('Q09 the same query gives the same bytes', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => (await post({ q: 'dog', locale: 'fr' })).text()),
    );
    expect(new Set(answers).size).toBe(1);
  });
});

test('the Worker, with a page size that is too small, responds with a constant 503', async () => {
  const response = await post({ q: 'cat' }, { ...env, PAGE_BYTES: '10' });
  expect([response.status, await response.text()]).toEqual([503, problemText(PROBLEMS.unavailable)]);
});
