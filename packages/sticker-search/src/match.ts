import { allowedEdits, fuzzy } from './fuzzy.ts';
import { inflections } from './inflect.ts';
import type { Language } from './language.ts';
import type { Token } from './tokens.ts';

/** How loosely a token is looked up. */
export interface Rule {
  readonly prefix: boolean;
  readonly fuzzy: boolean;
  /** Words that mean about the same, term → words; English alone has them. */
  readonly synonyms: Language | null;
}

/** How a token stands in a phrase: as something like it, as the beginning of a word, as a word. */
export const LIKE = 0;
export const BEGINNING = 1;
export const WORD = 2;

/** Told of phrases that hold a match, of its quality, 0 to 1, and of how the token stands in them. */
export type Hit = (list: Uint32Array, from: number, to: number, quality: number, how: number) => void;

const PREFIX = 0.55; // quality of a term of which the token is next to nothing
const ALMOST = 0.9; // quality of a term of which the token is next to all
const EDITED: readonly number[] = [0.7, 0.5, 0.3]; // quality by edits
const RELATED = 0.6; // quality of a word that means about the same
const CUT = 0.8; // factor for a term that goes on after an edited match

/** Looks a token up in a language; calls back with all phrases that hold a match. */
export function match(language: Language, token: Token, rule: Rule, hit: Hit): void {
  const { text } = token;
  if (rule.prefix) {
    language.startingWith(text, (term, list, from, to) => {
      if (term.length === text.length) hit(list, from, to, 1, WORD);
      else hit(list, from, to, PREFIX + (ALMOST - PREFIX) * (text.length / term.length), BEGINNING);
    });
  } else {
    language.exactly(text, (_, list, from, to) => hit(list, from, to, 1, WORD));
  }
  if (token.gram) return;
  if (language.tag === 'en') {
    for (const [form, likeness] of inflections(text)) {
      language.exactly(form, (_, list, from, to) => hit(list, from, to, likeness * 0.95, LIKE));
    }
    if (rule.synonyms !== null) related(language, rule.synonyms, text, hit);
  }
  const edits = rule.fuzzy ? allowedEdits(text.length) : 0;
  if (edits === 0) return;
  fuzzy(language, text, edits, rule.prefix && text.length > 3, (distance, whole, list, from, to) => {
    hit(list, from, to, (EDITED[distance] ?? 0) * (whole ? 1 : CUT), LIKE);
  });
}

/** Looks up what means about the same as a word or as a plain form of it. */
function related(language: Language, synonyms: Language, text: string, hit: Hit): void {
  const forms = [text, ...inflections(text).flatMap(([form, likeness]) => (likeness > 0.8 ? [form] : []))];
  const known = forms.find((form) => synonyms.exactly(form));
  if (known === undefined) return;
  synonyms.exactly(known, (_term, words, first, end) => {
    for (let i = first; i < end; i++) {
      language.exactly(synonyms.phrase(words[i] ?? 0), (_, list, from, to) =>
        hit(list, from, to, RELATED, LIKE),
      );
    }
  });
}
