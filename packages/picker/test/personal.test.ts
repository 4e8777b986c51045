import { describe, expect, test } from 'vitest';
import {
  isFavourite,
  PersonalStore,
  MAX_FAVOURITES,
  MAX_RECENTS,
  MAX_USED,
  EMPTY,
  readPersonalData,
  toggleFavourite,
  recordUse,
  writePersonalData,
  type DeviceStorage,
} from '../src/personal.ts';
import type { Sticker } from '../src/types.ts';

const sticker = (id: string, more: Partial<Sticker> = {}): Sticker => ({
  id,
  name: `name of ${id}`,
  emoji: '🐱',
  pack: 'core',
  ...more,
});

function memory(content: Record<string, string> = {}): DeviceStorage & { content: Record<string, string> } {
  return {
    content,
    getItem: (key) => content[key] ?? null,
    setItem: (key, value) => void (content[key] = value),
  };
}
const broken: DeviceStorage = {
  getItem: () => {
    throw new Error('forbidden');
  },
  setItem: () => {
    throw new Error('full');
  },
};

describe('personal data: recents', () => {
  test('are ordered newest first, each sticker once', () => {
    const data = ['a', 'b', 'a'].reduce((before, id) => recordUse(before, sticker(id)), EMPTY);
    expect(data.recents.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('stop at the limit', () => {
    const ids = Array.from({ length: MAX_RECENTS + 5 }, (_, i) => `${i}`);
    const data = ids.reduce((before, id) => recordUse(before, sticker(id)), EMPTY);
    expect(data.recents).toHaveLength(MAX_RECENTS);
    expect(data.recents[0]?.id).toBe(`${MAX_RECENTS + 4}`);
  });

  test('do not store the word that was searched for', () => {
    const data = recordUse(EMPTY, sticker('a', { matched: 'secret word' }));
    expect(JSON.stringify(data)).not.toContain('secret');
  });
});

describe('personal data: favourites', () => {
  test('are added and removed by the same action', () => {
    const on = toggleFavourite(EMPTY, sticker('a'));
    expect(isFavourite(on, sticker('a'))).toBe(true);
    expect(isFavourite(toggleFavourite(on, sticker('a')), sticker('a'))).toBe(false);
  });

  test('stop at the limit', () => {
    const ids = Array.from({ length: MAX_FAVOURITES + 5 }, (_, i) => `${i}`);
    const data = ids.reduce((before, id) => toggleFavourite(before, sticker(id)), EMPTY);
    expect(data.favourites).toHaveLength(MAX_FAVOURITES);
  });
});

describe('personal data: most used stickers', () => {
  const ids = (data: typeof EMPTY) => data.used.map(({ sticker: { id }, count }) => `${id} ${count}`);

  test('counts uses, and of equal counts the last use comes first', () => {
    const data = ['a', 'b', 'a', 'c'].reduce((before, id) => recordUse(before, sticker(id)), EMPTY);
    expect(ids(data)).toEqual(['a 2', 'c 1', 'b 1']);
  });

  test('stops at the limit and still lets new stickers in', () => {
    const names = Array.from({ length: MAX_USED + 3 }, (_, i) => `${i}`);
    const data = names.reduce((before, id) => recordUse(before, sticker(id)), EMPTY);
    expect(data.used).toHaveLength(MAX_USED);
    expect(data.used[0]?.sticker.id).toBe(names.at(-1));
  });

  test('halves all counts at the highest count', () => {
    const often = Array.from({ length: 64 }, () => 'a');
    const data = ['b', 'b', ...often].reduce((before, id) => recordUse(before, sticker(id)), EMPTY);
    expect(ids(data)).toEqual(['a 32', 'b 1']);
  });

  test.each([
    [[null]],
    [[{ sticker: sticker('a'), count: 'many' }]],
    [[{ sticker: sticker('a'), count: NaN }]],
    ['used'],
  ])('reads invalid content as empty: %o', (used) => {
    expect(readPersonalData(memory({ 'sotto-stickers': JSON.stringify({ used }) })).used).toEqual([]);
  });
});

describe('personal data: storage', () => {
  test('returns what was written', () => {
    const storage = memory();
    const art = { type: 'image/svg+xml', data: '<svg/>' };
    const data = { ...recordUse(EMPTY, sticker('a', { art })), tone: 3, mode: 'network' } as const;
    writePersonalData(storage, data);
    expect(readPersonalData(storage)).toEqual(data);
  });

  test.each(['', 'null', '[]', '7', '{', '{"recents":{},"tone":9,"mode":"x","favourites":[null,{"id":1}]}'])(
    'reads invalid content as empty: %s',
    (text) => {
      expect(readPersonalData(memory({ 'sotto-stickers': text }))).toEqual(EMPTY);
    },
  );

  test('works without storage, and with storage that throws', () => {
    expect(readPersonalData(broken)).toEqual(EMPTY);
    expect([
      writePersonalData(broken, EMPTY),
      writePersonalData(null, EMPTY),
      writePersonalData(memory(), EMPTY),
    ]).toEqual([false, false, true]);
    expect(readPersonalData(null)).toEqual(EMPTY);
  });
});

test('personal data: a change before the storage is opened is kept and saved', () => {
  const storage = memory({ 'sotto-stickers': '{"tone":3}' });
  const store = new PersonalStore();
  store.change((data) => ({ ...data, mode: 'network' }));
  store.open(storage);
  expect(store.data).toMatchObject({ tone: 3, mode: 'network' });
  store.open(storage);
  expect(readPersonalData(storage)).toMatchObject({ tone: 3, mode: 'network' });
});
