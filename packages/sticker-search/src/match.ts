import { allowedEdits, fuzzy } from './fuzzy.ts';
import type { Language } from './language.ts';
import { latinTerm } from './latin.ts';
import type { Token } from './tokens.ts';

/** How loosely a token is matched: also as a prefix, also with edits. */
export interface Rule {
  readonly prefix: boolean;
  readonly fuzzy: boolean;
  /** Whether a language of another script is searched for text in Latin letters. */
  readonly latin: boolean;
}

export const WHOLE: Rule = { prefix: false, fuzzy: false, latin: false };
export const BEGUN: Rule = { prefix: true, fuzzy: false, latin: false };
export const GUESSED: Rule = { prefix: true, fuzzy: false, latin: true };
export const FORGIVEN: Rule = { prefix: true, fuzzy: true, latin: false };

/** Called with phrases that match (the first `count` of a list) and the quality of the match, 0 to 1. */
export type Hit = (list: Uint32Array, count: number, quality: number) => void;

const PREFIX = 0.55; // quality of a prefix match in which the token is almost nothing of the term
const ALMOST = 0.9; // quality of a prefix match in which the token is almost all of the term
const EDITED: readonly number[] = [0.7, 0.5, 0.3]; // quality by the number of edits
const FORM = 0.95; // factor for another form of the word
const TYPED_LATIN = 0.95; // factor for a spelling in Latin letters
const CUT = 0.8; // factor for a term that is longer than its match with edits

/**
 * Looks a token up in a language; calls back with all phrases that match.
 *
 * @param typed - whether a language of another script is searched for text in Latin letters, whatever the rule
 */
export function match(language: Language, token: Token, rule: Rule, typed: boolean, hit: Hit): void {
  const { text } = token;
  literally(language, text, rule, 1, hit);
  if (token.gram) return;
  const latin = typed || rule.latin ? latinTerm(text, language.tag) : null;
  if (latin !== null) literally(language, latin, rule, TYPED_LATIN, hit);
  if (language.tag === 'en') {
    for (const { likeness, list } of language.inflected(text)) hit(list, list.length, likeness * FORM);
  }
  const edits = rule.fuzzy ? allowedEdits(text.length) : 0;
  if (edits === 0) return;
  const { terms } = language;
  fuzzy(terms, text, edits, rule.prefix && text.length > 3, (distance, whole, place) => {
    const count = terms.read(place);
    hit(terms.list, count, (EDITED[distance] ?? 0) * (whole ? 1 : CUT));
  });
}

/** Looks up a term, or all terms that begin with it. */
function literally({ terms }: Language, text: string, rule: Rule, factor: number, hit: Hit): void {
  if (!rule.prefix) {
    const place = terms.find(text);
    if (place < 0) return;
    const count = terms.read(place);
    hit(terms.list, count, factor);
    return;
  }
  terms.startingWith(text, (length, count) => {
    const quality = length === text.length ? 1 : PREFIX + (ALMOST - PREFIX) * (text.length / length);
    hit(terms.list, count, factor * quality);
  });
}
