import { MAX_TOKENS } from './gather.ts';
import type { Language } from './language.ts';
import type { Query } from './query.ts';
import type { Token } from './tokens.ts';

const LONGEST = 16; // letters of a piece

const word = (text: string): Token => ({ text, gram: false, weight: 1 });

/** Whether the index of some language has exactly this term. */
const known = (languages: readonly Language[], term: string): boolean =>
  languages.some(({ terms }) => terms.find(term) >= 0);

/** Whether a term of some language starts with this text. */
const begins = (languages: readonly Language[], text: string): boolean =>
  languages.some(({ terms }) => terms.begins(text));

/**
 * Splits a word into words of the index, as few as possible: thumbsup → thumbs up. Null if that is not
 * possible.
 */
function apart(languages: readonly Language[], text: string): string[] | null {
  const cost: number[] = Array.from({ length: text.length + 1 }, () => Infinity);
  const from: number[] = [0];
  cost[0] = 0;
  for (let start = 0; start < text.length; start++) {
    if (cost[start] === Infinity) continue;
    const last = Math.min(text.length, start + LONGEST);
    for (let end = start + 1; end <= last; end++) {
      const piece = text.slice(start, end);
      const next = (cost[start] ?? Infinity) + 1 + (piece.length < 3 ? 0.75 : 0);
      const fits = piece.length > 1 || /\d/.test(piece);
      if (fits && next < (cost[end] ?? Infinity) && end - start < text.length && known(languages, piece)) {
        cost[end] = next;
        from[end] = start;
      }
      if (piece.length > 1 && !begins(languages, piece)) break;
    }
  }
  if ((cost[text.length] ?? Infinity) === Infinity) return null;
  const pieces: string[] = [];
  for (let end = text.length; end > 0; end = from[end] ?? 0) pieces.unshift(text.slice(from[end] ?? 0, end));
  return pieces;
}

/**
 * Other ways to split the same letters into words, the most likely first: neighbours joined (ice cream →
 * icecream), then unknown words split.
 */
export function respaced(tokens: readonly Token[], query: Query): Token[][] {
  const languages = query.languages.first;
  const ways: Token[][] = [];
  for (let i = 0; i + 1 < tokens.length; i++) {
    const [one, two] = [tokens[i], tokens[i + 1]];
    if (one === undefined || two === undefined || one.gram || two.gram) continue;
    if (known(languages, one.text + two.text)) {
      ways.push([...tokens.slice(0, i), word(one.text + two.text), ...tokens.slice(i + 2)]);
    }
  }
  let split = false;
  const pieces = tokens.flatMap((token) => {
    const whole = token.gram || token.text.length < 4 || known(languages, token.text);
    const found = whole || query.nearest(token.text) !== null ? null : apart(languages, token.text);
    if (found === null) return [token];
    split = true;
    return found.map(word);
  });
  if (split) ways.push(pieces.slice(0, MAX_TOKENS));
  return ways;
}
