import type { Art } from './types.ts';

/** 0: the default colours. 1 to 5: the modifiers U+1F3FB to U+1F3FF, light to dark. */
export type Tone = 0 | 1 | 2 | 3 | 4 | 5;
/** Every tone, in the order of the menu. */
export const TONES: readonly Tone[] = [0, 1, 2, 3, 4, 5];

/**
 * A character that takes a modifier. The family takes none, and neither does the handshake between two people: there
 * the people take one.
 */
const BASE = /(?!\u{1F91D}\u200D|\u{1F46A})(\p{Emoji_Modifier_Base})\uFE0F?/gu;
const CHILD = /[\u{1F466}\u{1F467}\u{1F476}\u{1F9D2}]/u;

/**
 * Skin and hair colours of the default artwork, and the colours that replace them in each tone. They are taken
 * from Fluent's own artwork of each tone. Recolouring on the device keeps the tone, which is a proxy for
 * ethnicity, out of every request.
 */
const COLOURS: Readonly<Record<string, readonly [string, string, string, string, string]>> = {
  '#ffc83d': ['#ffd7c2', '#eebfaa', '#c68d7b', '#966661', '#573739'],
  '#fcb100': ['#f4c6ad', '#e4b29a', '#b87a66', '#8b5c56', '#452829'],
  '#fdbb11': ['#f4c6ad', '#e4b29a', '#bb806e', '#8b5c56', '#4e3233'],
  '#f59f00': ['#f4c6ad', '#e4b29a', '#bb806e', '#8b5c56', '#422426'],
  '#d67d00': ['#f1b99b', '#d6a089', '#a9715f', '#764c49', '#341a1c'],
  '#ed9200': ['#e5af93', '#d19479', '#ab6a55', '#75443e', '#3d2123'],
  '#f1a11e': ['#212121', '#fff9ba', '#593b39', '#2d242d', '#000'],
  '#d37034': ['#212121', '#a56953', '#593b39', '#372128', '#000'],
  // Skin colours of Noto, whose artwork is used where Fluent has none.
  '#ffca28': ['#f9ddbd', '#e0bb95', '#ba8d68', '#a56c43', '#70534a'],
  '#faa700': ['#efb682', '#d19661', '#9a6648', '#824624', '#58382b'],
  '#b55e19': ['#b26830', '#8d542e', '#62392b', '#422319', '#58382b'],
  '#e59600': ['#edc391', '#c48e6a', '#99674f', '#7a4c32', '#3c2b24'],
  '#eda600': ['#edbd82', '#ba8f63', '#91674d', '#875334', '#4a2f27'],
};
const DEFAULT_COLOURS = new RegExp(Object.keys(COLOURS).join('|'), 'gi');

/** Whether Unicode defines skin tones for this emoji. It does for people and hands, and not for families. */
export function hasTones(emoji: string): boolean {
  const bases = emoji.match(BASE)?.length ?? 0;
  if (bases === 0 || /[\u{1F3FB}-\u{1F3FF}]/u.test(emoji)) return false;
  return bases === 1 || (bases === 2 && !CHILD.test(emoji));
}

/** The emoji in a skin tone, or unchanged if it has none. */
export function tonedEmoji(emoji: string, tone: Tone): string {
  if (tone === 0 || !hasTones(emoji)) return emoji;
  const modifier = String.fromCodePoint(0x1f3fa + tone);
  return emoji.replace(BASE, `$1${modifier}`);
}

/** The skin tones in an emoji: none, one, or one for each of two people. */
export const tonesOf = (emoji: string): number[] =>
  Array.from(emoji.matchAll(/[\u{1F3FB}-\u{1F3FF}]/gu), ([tone]) => (tone.codePointAt(0) ?? 0) - 0x1f3fa);

/** The artwork in a skin tone. Only SVG can be recoloured. */
export function tonedArt(art: Art, emoji: string, tone: Tone): Art {
  if (tone === 0 || art.type !== 'image/svg+xml' || !hasTones(emoji)) return art;
  const data = art.data.replace(
    DEFAULT_COLOURS,
    (found) => COLOURS[found.toLowerCase()]?.[tone - 1] ?? found,
  );
  return { type: art.type, data };
}

/** The colour of a tone in the menu. */
export const swatch = (tone: Tone): string =>
  tone === 0 ? '#ffc83d' : (COLOURS['#ffc83d']?.[tone - 1] ?? '#ffc83d');
