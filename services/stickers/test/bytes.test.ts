import { PROBLEMS, problemText } from '@sotto/http';
import { decodeStickerPage, imageBytes, PAGE_TYPE } from '@sotto/sticker-search/response';
import { Language } from '@sotto/sticker-search/format';
import { describe, expect, test } from 'vitest';
import { bytes, catalogue, page, PAGE_BYTES, post, search } from './support/built.ts';

const asBytes = async (asked: object) => {
  const response = await post({ ...asked, art: 'bytes' });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, PAGE_TYPE]);
  const content = new Uint8Array(await response.arrayBuffer());
  expect(content.length).toBeLessThanOrEqual(PAGE_BYTES);
  const { page: json, images } = decodeStickerPage(content);
  const { results, ...more } = JSON.parse(new TextDecoder().decode(json)) as Awaited<ReturnType<typeof page>>;
  expect(results.length).toBe(images.length);
  return { results, images, ...more };
};

test.each([
  ['happy cat', 'en'],
  ['germany', 'de'],
  ['', undefined],
  ['zzzzqqqq', 'en'],
])('art as bytes: "%s" in %s has the same results and art as in JSON', async (q, locale) => {
  const asked = { q, limit: 24, ...(locale && { locale }) };
  const [json, { results, images, ...more }] = await Promise.all([page(asked), asBytes(asked)]);
  const whole = results.map(({ art: { type }, ...sticker }, i) => {
    const image = Buffer.from(images[i] ?? []);
    return { ...sticker, art: { type, data: image.toString(type === 'image/webp' ? 'base64' : 'utf8') } };
  });
  expect({ results: whole, ...more }).toEqual(json);
});

test('art as bytes: refuses any other value of the member', async () => {
  for (const art of ['', 'none', 1, null, ['bytes'], { type: 'bytes' }]) {
    const response = await post({ q: 'cat', art });
    expect([art, response.status, await response.text()]).toEqual([
      art,
      400,
      problemText(PROBLEMS['bad-request']),
    ]);
  }
});

test('art as bytes: pages continue each other, and a cursor is valid in both forms', async () => {
  const first = await asBytes({ q: 'heart', locale: 'en', limit: 24 });
  const second = await page({ q: 'heart', locale: 'en', limit: 24, cursor: first.next });
  const all = search.search('heart', { locale: 'en', limit: 48 }).map(({ id }) => id);
  expect([...first.results, ...second.results].map(({ id }) => id)).toEqual(all);
});

describe('24 to a page', () => {
  const LONGEST_WORD = 64 * 3; // bytes: a name or keyword of an operator's pack
  const EMPTY = JSON.stringify({ results: [], strict: 24, next: 'zzzzz.zzzzzzzzzzzzzz' }).length;

  /** Bytes of each sticker's name in a language. */
  function namesIn(locale: string): number[] {
    const all = search.results('', { locale });
    const byId = new Map(Array.from({ length: all.total }, (_, i) => [all.at(i).id, all.at(i).name]));
    return search.table.stickers.map(({ id }) => Buffer.byteLength(JSON.stringify(byId.get(id))));
  }

  test('a page fits the 24 largest stickers of every language, each with its name and the longest phrase', () => {
    const longestPhrase = 700; // bytes of what matched; checked below
    for (const tag of search.languages) {
      const names = namesIn(tag);
      const rows = search.table.stickers
        .map(({ id, emoji, pack, art: { type, length } }, i) => {
          const row = JSON.stringify({ id, name: '', emoji, pack, matched: '', art: { type } });
          const words = (names[i] ?? 0) + longestPhrase;
          return Buffer.byteLength(row) + 1 + words + imageBytes([{ length }]) - imageBytes([]);
        })
        .toSorted((one, other) => other - one);
      const largest = rows.slice(0, 24).reduce((sum, row) => sum + row, EMPTY + imageBytes([]));
      expect([tag, largest <= PAGE_BYTES]).toEqual([tag, true]);
      const language = new Language(bytes(`index/${tag}.bin`), search.table.stickers.length);
      const phrases = Array.from({ length: language.phrases }, (_, i) =>
        Buffer.byteLength(language.phrase(i)),
      );
      expect(Math.max(...phrases)).toBeLessThan(longestPhrase);
    }
  });

  test('a page fits 24 stickers with the largest art that a pack may have', () => {
    const row = JSON.stringify({
      id: 'x'.repeat(12),
      name: '',
      emoji: '🧑🏻‍❤️‍💋‍🧑🏿',
      pack: 'p'.repeat(32),
      matched: '',
      art: { type: 'image/svg+xml' },
    });
    const each =
      Buffer.byteLength(row) + 1 + 2 * LONGEST_WORD + imageBytes([{ length: 6144 }]) - imageBytes([]);
    expect(24 * each + EMPTY + imageBytes([])).toBeLessThanOrEqual(PAGE_BYTES);
  });

  test('queries that find the largest art get 24 results', async () => {
    const largest = search.table.stickers.toSorted((a, b) => b.art.length - a.art.length).slice(0, 12);
    for (const { emoji, id } of largest) {
      const [name = ''] = search
        .search('', { locale: 'en', limit: Infinity })
        .filter((one) => one.id === id)
        .map((one) => one.name);
      const { results } = await asBytes({ q: emoji === '' ? name : emoji, locale: 'en' });
      expect([name, results.length]).toEqual([
        name,
        Math.min(24, search.results(emoji === '' ? name : emoji, { locale: 'en' }).total),
      ]);
    }
    for (const q of ['flag', 'face', 'family', 'hand', 'logo', 'climate']) {
      expect([q, (await asBytes({ q, locale: 'en' })).results.length]).toEqual([q, 24]);
    }
  });

  test('no image of the catalogue is larger than a page allows for', () => {
    for (const { art } of search.table.stickers) expect(art.length).toBeLessThanOrEqual(6144);
    expect(catalogue.art.length).toBe(bytes('art.bin').length);
  });
});
