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

/** Emoticon → sticker. */
export function emoticons(numbers: ReadonlyMap<string, number>): Record<string, number> {
  const found: Record<string, number> = {};
  const own = OWN.map(([emoji, list]) => [emoji, list.split(' ')] as const);
  for (const [emoji, list] of [...own, ...standardEmoticons()]) {
    const sticker = numbers.get(emoji.replaceAll('\ufe0f', ''));
    if (sticker !== undefined) for (const emoticon of list) found[emoticon] ??= sticker;
  }
  return found;
}
