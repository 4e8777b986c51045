import { describe, expect, test } from 'vitest';
import {
  isFavourite,
  PersonalStore,
  MAX_FAVOURITES,
  MAX_RECENTS,
  EMPTY,
  readPersonalData,
  toggleFavourite,
  addRecent,
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
    const data = ['a', 'b', 'a'].reduce((before, id) => addRecent(before, sticker(id)), EMPTY);
    expect(data.recents.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('stop at the limit', () => {
    const ids = Array.from({ length: MAX_RECENTS + 5 }, (_, i) => `${i}`);
    const data = ids.reduce((before, id) => addRecent(before, sticker(id)), EMPTY);
    expect(data.recents).toHaveLength(MAX_RECENTS);
    expect(data.recents[0]?.id).toBe(`${MAX_RECENTS + 4}`);
  });

  test('do not store the word that was searched for', () => {
    const data = addRecent(EMPTY, sticker('a', { matched: 'secret word' }));
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

describe('personal data: storage', () => {
  test('returns what was written', () => {
    const storage = memory();
    const art = { type: 'image/svg+xml', data: '<svg/>' };
    const data = { ...addRecent(EMPTY, sticker('a', { art })), tone: 3, mode: 'network' } as const;
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
