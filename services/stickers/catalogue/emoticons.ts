import { type Entry, VARIANT_NAME } from '@sotto/sticker-search/format';
import { standardEmoticons } from './core.ts';

/** Emoticons that emojibase does not have, or has for another emoji than people mean. */
const OWN: readonly (readonly [emoji: string, emoticons: string])[] = [
  ['🙂', ':) (: :]'],
  ['😊', '^_^ ^^ (^_^) ^.^ uwu'],
  ['😀', ':D'],
  ['😆', 'xd'],
  ['😂', ":'D"],
  ['😭', 'T_T ;_; T.T QQ'],
  ['😢', ":'( ;("],
  ['🙁', ':( :['],
  ['😠', '>:( >:['],
  ['😑', '-_- -.-'],
  ['😲', ':O o_o'],
  ['😘', ':*'],
  ['😛', ':P d:'],
  ['😅', '^^;'],
  ['😖', '>_< >.<'],
  ['🤷', '¯\\_(ツ)_/¯'],
  ['😡', '(╯°□°)╯︵┻━┻'],
  ['❤', '<3'],
  ['💔', '</3 <\\3'],
];

const WORD = /^[\p{L}\p{N}]+$/u;

/** Emoticons that are not words → sticker. */
export const emoticons = (numbers: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries(allEmoticons(numbers).filter(([text]) => !WORD.test(text)));

/** Emoticons that are typed as words (`xd`, `uwu`). They are indexed as words, so that a prefix of one finds it too. */
export const emoticonWords = (numbers: ReadonlyMap<string, number>): Entry[] =>
  allEmoticons(numbers)
    .filter(([text]) => WORD.test(text))
    .map(([phrase, sticker]) => ({ sticker, phrase, kind: VARIANT_NAME }));

/** Emoticon and sticker, each emoticon once. */
function allEmoticons(numbers: ReadonlyMap<string, number>): [text: string, sticker: number][] {
  const found = new Map<string, number>();
  const own = OWN.map(([emoji, list]) => [emoji, list.split(' ')] as const);
  for (const [emoji, list] of [...own, ...standardEmoticons()]) {
    const sticker = numbers.get(emoji.replaceAll('\ufe0f', ''));
    if (sticker === undefined) continue;
    for (const emoticon of list) if (!found.has(emoticon)) found.set(emoticon, sticker);
  }
  return [...found];
}
