import { fold, isPlain } from './fold.ts';
import { MAX_TOKENS } from './gather.ts';

/** A piece of folded text that is looked up as one: a word, or two characters of a script without spaces. */
export interface Token {
  readonly text: string;
  /** One of several overlapping pieces of a run without spaces. */
  readonly gram: boolean;
  /** Units (words, characters of such a run) that it adds to the tokens before it. */
  readonly weight: number;
}

const LONGEST = 48; // UTF-16 code units of a token; no term is longer

const WORD = /\+?[\p{N}]+[\p{L}\p{M}\p{N}]*|[\p{L}\p{M}\p{N}]+/gu;
const CJK = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\u30fc\\u3099\\u309a';
const SOUTH_EAST = '\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
const RUN = new RegExp(`([${CJK}]+|[${SOUTH_EAST}]+)`, 'gu');
const GRAM = new RegExp(`^[${CJK}${SOUTH_EAST}]`, 'u');

/** A character with its marks: kana voicing, Thai and Lao vowels before and after. */
const UNIT = /[\u0e40-\u0e44\u0ec0-\u0ec4]?.[\p{M}\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3]*/gu;

/** The words of folded text, and the maximal runs of scripts that are written without spaces. */
function runs(folded: string): string[] {
  if (isPlain(folded)) return folded.split(' ').filter((word) => word !== '');
  const words = folded.match(WORD);
  if (words === null) {
    const symbols = folded.replace(/\s+/g, '');
    return symbols === '' ? [] : [symbols];
  }
  return words.flatMap((word) => word.split(RUN).filter((run) => run !== ''));
}

/** The tokens of a query: overlapping pairs for a run without spaces, words for the rest. */
export function tokenize(folded: string): Token[] {
  return runs(folded).flatMap((run): Token[] => {
    if (isPlain(run) || !GRAM.test(run)) return [{ text: run.slice(0, LONGEST), gram: false, weight: 1 }];
    const units = run.match(UNIT) ?? [run];
    if (units.length === 1) return [{ text: run.slice(0, LONGEST), gram: true, weight: 1 }];
    return units.slice(1).map((unit, i) => ({
      text: `${units[i] ?? ''}${unit}`,
      gram: true,
      weight: i === 0 ? 2 : 1,
    }));
  });
}

const HAN = /\p{Script=Han}/gu;

/**
 * Query tokens with those that are unknown pieces of a run replaced by their Chinese characters, each of which is a
 * word or the root of one. Kana and Thai clusters are no words by themselves, and are left out.
 */
export function characters(tokens: readonly Token[], unknown: readonly boolean[]): Token[] {
  const texts = new Set<string>();
  const apart: Token[] = [];
  tokens.forEach((token, i) => {
    const pieces = token.gram && unknown[i] === true ? (token.text.match(HAN) ?? []) : null;
    if (pieces === null) apart.push(token);
    for (const text of pieces ?? []) {
      if (!texts.has(text)) apart.push({ text, gram: true, weight: 1 });
      texts.add(text);
    }
  });
  return apart.slice(0, MAX_TOKENS);
}

/** The index terms of a phrase: its tokens, and the last unit of every run, so that each unit has a term. */
export function indexTerms(folded: string): { terms: string[]; units: number } {
  const tokens = tokenize(folded);
  const tails = runs(folded)
    .filter((run) => GRAM.test(run))
    .map((run) => run.match(UNIT)?.at(-1) ?? run);
  const terms = new Set([...tokens.map(({ text }) => text), ...tails]);
  return { terms: [...terms], units: tokens.reduce((sum, { weight }) => sum + weight, 0) };
}

/** The runs of scripts without spaces in folded text. */
export const runsWithoutSpaces = (folded: string): string[] => runs(folded).filter((run) => GRAM.test(run));

/** A word as a table of meanings has it: its folded text; null for what is no word, or more than one. */
export function wordOf(text: string, language: string): string | null {
  const [run, ...more] = runs(fold(text, language));
  return run === undefined || more.length > 0 ? null : run.slice(0, LONGEST);
}
