const MODIFIERS = /[\u{1f3fb}-\u{1f3ff}]|\ufe0e|\ufe0f/gu;
const ELEMENT =
  '(?:\\p{Extended_Pictographic}|\\p{Emoji_Presentation})[\\u{1f3fb}-\\u{1f3ff}\\ufe0e\\ufe0f]*';
const SEQUENCE = new RegExp(
  `\\p{Regional_Indicator}\\ufe0f?\\p{Regional_Indicator}\\ufe0f?|[#*0-9]\\ufe0f?\\u20e3|[\\u{1f3fb}-\\u{1f3ff}]|\\u{1f3f4}\\ufe0f?[\\u{e0061}-\\u{e007a}0-9]+\\u{e007f}|${ELEMENT}(?:\\u200d${ELEMENT})*`,
  'gu',
);

/**
 * Two people whose skin tones differ are written as a sequence of both (UTS #51). Without tones, such a sequence is
 * not an emoji: its base is one character.
 */
const PAIRS: ReadonlyMap<string, string> = new Map([
  ['🫱‍🫲', '🤝'],
  ['🧑‍🐰‍🧑', '👯'],
  ['👨‍🐰‍👨', '👯‍♂'],
  ['👩‍🐰‍👩', '👯‍♀'],
  ['🧑‍🫯‍🧑', '🤼'],
  ['👨‍🫯‍👨', '🤼‍♂'],
  ['👩‍🫯‍👩', '🤼‍♀'],
  ['👩‍🤝‍👩', '👭'],
  ['👩‍🤝‍👨', '👫'],
  ['👨‍🤝‍👨', '👬'],
  ['🧑‍❤‍💋‍🧑', '💏'],
  ['🧑‍❤‍🧑', '💑'],
]);

/** An emoji without variation selectors and skin tones, which keyboards add or leave out. */
export function emojiKey(emoji: string): string {
  const key = emoji.replace(MODIFIERS, '');
  return key === '' ? emoji : (PAIRS.get(key) ?? key);
}

/** The form in which an emoticon is compared: `:-)`, `=)` and `:)` are equal, and so are `XD` and `xD`. */
export const emoticonKey = (text: string): string =>
  text
    .trim()
    .replace(/^(>?)[:=]['’]?-?(?=\S)/, (eyes, brow: string) => `${brow}:${/['’]/.test(eyes) ? "'" : ''}`)
    .replace(/^([;8])-(?=\S)/, '$1')
    .toLowerCase();

/** Splits a query into its emoji and the remaining text. */
export function takeEmoji(query: string): { emoji: string[]; text: string } {
  const emoji: string[] = [];
  const text = query.replace(SEQUENCE, (found) => {
    emoji.push(found);
    return ' ';
  });
  return { emoji, text };
}
