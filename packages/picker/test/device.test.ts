import { beforeEach, describe, expect, test } from 'vitest';
import { createDevice, type Engine } from '../src/device.ts';
import type { Page } from '../src/types.ts';

const SVG = '<svg/>';
const NAMES = ['😀', '😁', '👋', '🐵', '🍇', '🌍', '🎃', '👓', '🏧', '🏁', ''];

let got: string[] = [];
let languages: string[][] = [];
let broken = new Set<string>();

/** Finds every sticker for every query. All stickers have the same art. */
const engine = {
  createSearch({ indexes }: { readonly indexes: object }) {
    languages.push(Object.keys(indexes));
    return {
      table: {
        packs: [
          { id: 'core', name: 'Emoji' },
          { id: 'own', name: 'Our own' },
        ],
        stickers: NAMES.map((_, i) => ({ id: `s${i}` })),
      },
      results: (query: string, { locale = '' }) => ({
        total: NAMES.length,
        // For an empty query the engine returns the most common first, which differs from the order of UTS #51.
        at: (place: number) => {
          const i = query === '' ? NAMES.length - 1 - place : place;
          return {
            id: `s${i}`,
            name: `${query} ${locale} ${i}`,
            emoji: NAMES[i] ?? '',
            pack: NAMES[i] === '' ? 'own' : 'core',
            art: {
              type: i === 1 ? 'image/webp' : 'image/svg+xml',
              offset: i * SVG.length,
              length: SVG.length,
            },
          };
        },
      }),
    };
  },
};

async function get(file: string): Promise<Uint8Array | null> {
  got.push(file);
  if (broken.has(file)) throw new Error('offline');
  if (file === 'index/tlh.bin') return null;
  return new TextEncoder().encode(SVG.repeat(NAMES.length));
}

const device = () => createDevice({ engine: async () => engine as unknown as Engine, get });

beforeEach(() => {
  got = [];
  languages = [];
  broken = new Set();
});

test('L3 device: loads the whole catalogue once, and searches and art load nothing more', async () => {
  const d = device();
  await d.search('cat', { locale: 'en' });
  expect(got.toSorted()).toEqual([
    'art.bin',
    'index/en.bin',
    'meaning/en.bin',
    'related.bin',
    'stickers.json',
  ]);
  got = [];
  for (const query of ['happy', 'dog', 'x', '']) await d.search(query, { locale: 'en' });
  for (const id of ['s0', 's1', 's9']) await d.art(id);
  expect(got).toEqual([]);
});

test('device: loads one more index for another language', async () => {
  const d = device();
  await d.search('cat', { locale: 'en' });
  got = [];
  await d.search('قطة', { locale: 'ar-EG' });
  expect(got).toEqual(['index/ar.bin', 'meaning/ar.bin']);
  expect(languages.at(-1)).toEqual(['en', 'ar']);
});

test('device: searches in English where a language has no index', async () => {
  const d = device();
  await d.search('qapla', { locale: 'tlh' });
  expect(languages.at(-1)).toEqual(['en']);
});

test('device: returns every result once over all pages', async () => {
  const d = device();
  const ids: string[] = [];
  let cursor: string | null = '0';
  while (cursor !== null) {
    const page = await d.search('cat', { limit: 4, cursor });
    if (!('results' in page)) throw new Error('no page');
    ids.push(...page.results.map(({ id }) => id));
    cursor = page.next;
  }
  expect(ids).toEqual(NAMES.map((_, i) => `s${i}`));
});

test('device: returns SVG art as text and WebP art as base64', async () => {
  const d = device();
  await d.search('', {});
  expect(await d.art('s0')).toEqual({ type: 'image/svg+xml', data: SVG });
  expect(await d.art('s1')).toEqual({ type: 'image/webp', data: btoa(SVG) });
  expect(await d.art('unknown')).toBeNull();
});

describe('skin tones', () => {
  const TONES = {
    format: 1,
    types: ['image/svg+xml', 'image/webp'],
    tones: {
      s2: [
        ['t1', '👋🏻', 1, 0, 6],
        ['t2', '👋🏼', 0, 6, 6],
      ],
    },
  };
  const toned = () =>
    createDevice({
      engine: async () => engine as unknown as Engine,
      get: async (file) => {
        const bytes = await get(file);
        return file === 'tones.json' ? new TextEncoder().encode(JSON.stringify(TONES)) : bytes;
      },
    });

  test('L3 are read from two files that are the same for every sticker, loaded once', async () => {
    const d = toned();
    expect(await d.tones?.('s2')).toEqual([
      { id: 't1', name: '', emoji: '👋🏻', pack: 'core', art: { type: 'image/webp', data: btoa(SVG) } },
      { id: 't2', name: '', emoji: '👋🏼', pack: 'core', art: { type: 'image/svg+xml', data: SVG } },
    ]);
    for (const id of ['s0', 'unknown', '__proto__', 'constructor']) expect(await d.tones?.(id)).toEqual([]);
    expect(got.toSorted()).toEqual(['tones.bin', 'tones.json']);
  });

  test('are none where the catalogue has no such files, and are loaded again after a failure', async () => {
    const none = createDevice({ engine: async () => engine as unknown as Engine, get: async () => null });
    expect(await none.tones?.('s2')).toEqual([]);
    broken.add('tones.bin');
    const d = toned();
    await expect(d.tones?.('s2')).rejects.toThrow('offline');
    broken.clear();
    expect(await d.tones?.('s2')).toHaveLength(2);
  });
});

describe('groups', () => {
  test('follow the order of UTS #51, then one group for each other pack', async () => {
    const groups = (await device().groups?.('en')) ?? [];
    const shape = groups.map(({ id, stickers }) => `${id} ${stickers.map(({ emoji }) => emoji).join('')}`);
    expect(shape).toEqual([
      'smileys 😀😁',
      'people 👋',
      'animals 🐵',
      'food 🍇',
      'travel 🌍',
      'activities 🎃',
      'objects 👓',
      'symbols 🏧',
      'flags 🏁',
      'own ',
    ]);
    expect(groups.at(-1)?.name).toBe('Our own');
    expect(groups.at(-1)?.stickers).toHaveLength(1);
  });
});

test('device: loads a file again after a failure', async () => {
  const d = device();
  broken.add('index/en.bin');
  await expect(d.search('cat', {})).rejects.toThrow('offline');
  broken.clear();
  await expect(d.search('cat', {})).resolves.toMatchObject({ next: null });
});

describe('first stickers', () => {
  const FIRST = {
    packs: [{ id: 'own', name: 'Our own' }],
    stickers: [
      { id: 's0', emoji: '😀', pack: 'core', art: { type: 'image/svg+xml', data: '<svg id="early"/>' } },
    ],
    names: { en: ['grinning face'], no: ['smilefjes'] },
  };
  const early = () =>
    createDevice({
      engine: async () => engine as unknown as Engine,
      get: async (file) =>
        file === 'first.json' ? new TextEncoder().encode(JSON.stringify(FIRST)) : get(file),
    });

  test.each([
    ['en-GB', 'grinning face'],
    ['nb', 'smilefjes'],
    ['nn_NO', 'smilefjes'],
    ['tlh', 'grinning face'],
  ])('have all groups, and names in %s, and need one file', async (locale, name) => {
    const d = early();
    const groups = (await d.first?.(locale)) ?? [];
    expect(groups.map(({ id, stickers }) => [id, stickers.length])).toEqual([
      ['smileys', 1],
      ...['people', 'animals', 'food', 'travel', 'activities', 'objects', 'symbols', 'flags', 'own'].map(
        (id) => [id, 0],
      ),
    ]);
    expect(groups[0]?.stickers[0]).toMatchObject({ name, art: { data: '<svg id="early"/>' } });
    expect(await d.art('s0')).toEqual({ type: 'image/svg+xml', data: '<svg id="early"/>' });
    expect(got).toEqual([]);
  });

  test('are null where the catalogue has none', async () => {
    const d = createDevice({ engine: async () => engine as unknown as Engine, get: async () => null });
    expect(await d.first?.('en')).toBe(null);
  });
});

test.each(['nb', 'nb_NO', 'nn', 'no'])(
  'N38 device in %s: asks for the index that the catalogue has, which is no',
  async (locale) => {
    const { results } = (await device().search('katt', { locale })) as Page;
    expect(got).toContain('index/no.bin');
    expect(got.filter((file) => /n[bn]\.bin/.test(file))).toEqual([]);
    expect(results[0]?.name).toMatch(/^katt no/);
  },
);
