import { describe, expect, test } from 'vitest';
import emojis from 'emojibase-data/en/data.json' with { type: 'json' };
import fluent from '@iconify-json/fluent-emoji-flat/icons.json' with { type: 'json' };
import { hasTones, tonedArt, tonedEmoji, type Tone } from '../src/tone.ts';

describe('hasTones', () => {
  test.each(['👋', '✋', '🧑‍🍳', '🤝', '🏃‍♀️', '✌️', '🧑‍🤝‍🧑'])('is true for %s', (emoji) => {
    expect(hasTones(emoji)).toBe(true);
  });
  test.each(['😀', '🐱', '👨‍👩‍👧', '👩‍👦', '🧑‍🧒', '❤️', '👋🏽', ''])('is false for %s', (emoji) => {
    expect(hasTones(emoji)).toBe(false);
  });
});

test.each([
  ['👋', 1, '👋🏻'],
  ['👋', 5, '👋🏿'],
  ['✌️', 3, '✌🏽'],
  ['🧑‍🍳', 2, '🧑🏼‍🍳'],
  ['🏃‍♀️', 4, '🏃🏾‍♀️'],
  ['🧑‍🤝‍🧑', 5, '🧑🏿‍🤝‍🧑🏿'],
  ['👋', 0, '👋'],
  ['😀', 5, '😀'],
] as [string, Tone, string][])('tonedEmoji: %s in tone %i is %s', (emoji, tone, toned) => {
  expect(tonedEmoji(emoji, tone)).toBe(toned);
});

interface Emoji {
  readonly emoji: string;
  readonly skins?: readonly { readonly emoji: string }[];
}

test('N42 tonedEmoji: gives an RGI sequence for every emoji and tone', () => {
  const wrong = (emojis as readonly Emoji[]).flatMap(({ emoji, skins = [] }) => {
    const valid = new Set([emoji, ...skins.map((skin) => skin.emoji)]);
    return [1, 2, 3, 4, 5]
      .map((tone) => tonedEmoji(emoji, tone as Tone))
      .filter((toned) => !valid.has(toned))
      .map((toned) => `${emoji} ${toned}`);
  });
  expect(wrong).toEqual([]);
});

test('N42 hasTones: is true for exactly the emoji with RGI skin tones', () => {
  const wrong = (emojis as readonly Emoji[]).filter(
    ({ emoji, skins }) => hasTones(emoji) !== (skins !== undefined),
  );
  expect(wrong.map(({ emoji }) => emoji)).toEqual([]);
});

const icons: Readonly<Record<string, { readonly body: string } | undefined>> = fluent.icons;
const NAMES = ['light', 'medium-light', 'medium', 'medium-dark', 'dark'] as const;
const HANDS = ['waving-hand', 'thumbs-up', 'clapping-hands', 'victory-hand', 'flexed-biceps'];

test.each(HANDS)('tonedArt: recolours %s exactly as its artists did', (hand) => {
  const data = icons[hand]?.body ?? '';
  NAMES.forEach((name, i) => {
    const { data: toned } = tonedArt({ type: 'image/svg+xml', data }, '👋', (i + 1) as Tone);
    expect(toned).toBe(icons[`${hand}-${name}`]?.body);
    expect(toned).not.toBe(data);
  });
});

test('tonedArt: leaves emoji without tones and other media types unchanged', () => {
  const data = '<path fill="#ffc83d"/>';
  expect(tonedArt({ type: 'image/svg+xml', data }, '🐱', 4).data).toBe(data);
  expect(tonedArt({ type: 'image/webp', data }, '👋', 4).data).toBe(data);
});
