import { describe, expect, test } from 'vitest';
import {
  isFavourite,
  MAX_FAVOURITES,
  MAX_RECENTS,
  NOTHING,
  readKept,
  toggleFavourite,
  withRecent,
  writeKept,
  type DeviceStorage,
} from '../src/shelf.ts';
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

describe('recents', () => {
  test('the newest first, each once', () => {
    const kept = ['a', 'b', 'a'].reduce((k, id) => withRecent(k, sticker(id)), NOTHING);
    expect(kept.recents.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('no more than fit', () => {
    const ids = Array.from({ length: MAX_RECENTS + 5 }, (_, i) => `${i}`);
    const kept = ids.reduce((k, id) => withRecent(k, sticker(id)), NOTHING);
    expect(kept.recents).toHaveLength(MAX_RECENTS);
    expect(kept.recents[0]?.id).toBe(`${MAX_RECENTS + 4}`);
  });

  test('the word that was searched for is not kept', () => {
    const kept = withRecent(NOTHING, sticker('a', { matched: 'secret word' }));
    expect(JSON.stringify(kept)).not.toContain('secret');
  });
});

describe('favourites', () => {
  test('the star turns on and off', () => {
    const on = toggleFavourite(NOTHING, sticker('a'));
    expect(isFavourite(on, sticker('a'))).toBe(true);
    expect(isFavourite(toggleFavourite(on, sticker('a')), sticker('a'))).toBe(false);
  });

  test('no more than fit', () => {
    const ids = Array.from({ length: MAX_FAVOURITES + 5 }, (_, i) => `${i}`);
    const kept = ids.reduce((k, id) => toggleFavourite(k, sticker(id)), NOTHING);
    expect(kept.favourites).toHaveLength(MAX_FAVOURITES);
  });
});

describe('storage', () => {
  test('what was written is read again', () => {
    const storage = memory();
    const art = { type: 'image/svg+xml', data: '<svg/>' };
    const kept = { ...withRecent(NOTHING, sticker('a', { art })), tone: 3, mode: 'network' } as const;
    writeKept(storage, kept);
    expect(readKept(storage)).toEqual(kept);
  });

  test.each(['', 'null', '[]', '7', '{', '{"recents":{},"tone":9,"mode":"x","favourites":[null,{"id":1}]}'])(
    'something else there, %s, counts as nothing',
    (text) => {
      expect(readKept(memory({ 'sotto-stickers': text }))).toEqual(NOTHING);
    },
  );

  test('storage that is forbidden or full stops nobody', () => {
    expect(readKept(broken)).toEqual(NOTHING);
    expect([writeKept(broken, NOTHING), writeKept(null, NOTHING), writeKept(memory(), NOTHING)]).toEqual([
      false,
      false,
      true,
    ]);
    expect(readKept(null)).toEqual(NOTHING);
  });
});
