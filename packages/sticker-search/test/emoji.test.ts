import emojis from 'emojibase-data/en/data.json' with { type: 'json' };
import { expect, test } from 'vitest';
import { emojiKey, takeEmoji } from '../src/emoji.ts';

interface Emoji {
  readonly emoji: string;
  readonly skins?: readonly { readonly emoji: string }[];
}

const SKINS = (emojis as readonly Emoji[]).flatMap(({ emoji, skins = [] }) =>
  skins.map((skin) => [skin.emoji, emoji] as const),
);

test('N42 emojiKey: every RGI skin-tone sequence has the key of its base', () => {
  expect(SKINS.length).toBe(2030);
  expect(SKINS.filter(([skin, base]) => emojiKey(skin) !== emojiKey(base))).toEqual([]);
});

test('N42 takeEmoji: takes every RGI skin-tone sequence as one emoji, also between words', () => {
  const cut = SKINS.filter(([skin]) => {
    const { emoji, text } = takeEmoji(`a${skin}b`);
    return emoji.join(' ') !== skin || text !== 'a b';
  });
  expect(cut).toEqual([]);
});

test.each([
  ['🧑🏻‍❤️‍🧑🏿', '💑'],
  ['🧑🏻‍❤‍🧑🏿', '💑'],
  ['👩🏽‍🤝‍👨🏿', '👫'],
  ['🫱🏻‍🫲🏿', '🤝'],
  ['👋🏽', '👋'],
  ['🏽', '🏽'],
])('N42 emojiKey: %s has the key of %s', (emoji, base) => {
  expect(emojiKey(emoji)).toBe(emojiKey(base));
});
