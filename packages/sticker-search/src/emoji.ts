const MODIFIERS = /[\u{1f3fb}-\u{1f3ff}]|\ufe0e|\ufe0f/gu;
const ELEMENT =
  '(?:\\p{Extended_Pictographic}|\\p{Emoji_Presentation})[\\u{1f3fb}-\\u{1f3ff}\\ufe0e\\ufe0f]*';
const SEQUENCE = new RegExp(
  `\\p{Regional_Indicator}{2}|[#*0-9]\\ufe0f?\\u20e3|[\\u{1f3fb}-\\u{1f3ff}]|\\u{1f3f4}[\\u{e0061}-\\u{e007a}0-9]+\\u{e007f}|${ELEMENT}(?:\\u200d${ELEMENT})*`,
  'gu',
);

/** An emoji without what a keyboard may add or leave out: variation selectors and skin tones. */
export function emojiKey(emoji: string): string {
  const key = emoji.replace(MODIFIERS, '');
  return key === '' ? emoji : key;
}

/** Takes the emoji out of a query: what they are, and the text that is left. */
export function takeEmoji(query: string): { emoji: string[]; text: string } {
  const emoji: string[] = [];
  const text = query.replace(SEQUENCE, (found) => {
    emoji.push(found);
    return ' ';
  });
  return { emoji, text };
}
