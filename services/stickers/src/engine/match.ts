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

const PREFIX = 0.55; // quality of a term of which the token is next to nothing
const ALMOST = 0.9; // quality of a term of which the token is next to all
const EDITED: readonly number[] = [0.7, 0.5, 0.3]; // quality by edits
const RELATED = 0.6; // quality of a word that means about the same
const CUT = 0.8; // factor for a term that goes on after an edited match

/** Looks a token up in a language; calls back with every phrase that holds a match and its quality, 0 to 1. */
export function match(
  language: Language,
  token: Token,
  rule: Rule,
  hit: (phrase: number, quality: number) => void,
): void {
  const { text } = token;
  if (rule.prefix) {
    language.startingWith(text, (term, postings) => {
      const quality =
        term.length === text.length ? 1 : PREFIX + (ALMOST - PREFIX) * (text.length / term.length);
      language.postings(postings, (phrase) => hit(phrase, quality));
    });
  } else {
    const postings = language.exactly(text);
    if (postings !== null) language.postings(postings, (phrase) => hit(phrase, 1));
  }
  if (token.gram) return;
  if (language.tag === 'en') {
    for (const [form, likeness] of inflections(text)) {
      const postings = language.exactly(form);
      if (postings !== null) language.postings(postings, (phrase) => hit(phrase, likeness * 0.95));
    }
    if (rule.synonyms !== null) related(language, rule.synonyms, text, hit);
  }
  const edits = rule.fuzzy ? allowedEdits(text.length) : 0;
  if (edits === 0) return;
  fuzzy(language, text, edits, rule.prefix && text.length > 3, (_, postings, distance, whole) => {
    const quality = (EDITED[distance] ?? 0) * (whole ? 1 : CUT);
    language.postings(postings, (phrase) => hit(phrase, quality));
  });
}

/** Looks up what means about the same as a word or as a plain form of it. */
function related(
  language: Language,
  synonyms: Language,
  text: string,
  hit: (phrase: number, quality: number) => void,
): void {
  const forms = [text, ...inflections(text).flatMap(([form, likeness]) => (likeness > 0.8 ? [form] : []))];
  const listed = forms.map((form) => synonyms.exactly(form)).find((postings) => postings !== null);
  if (listed === undefined || listed === null) return;
  synonyms.postings(listed, (word) => {
    const postings = language.exactly(synonyms.phrase(word));
    if (postings !== null) language.postings(postings, (phrase) => hit(phrase, RELATED));
  });
}
