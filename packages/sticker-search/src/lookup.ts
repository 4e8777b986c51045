import { BEGUN, FORGIVEN, GUESSED, type Rule, WHOLE } from './match.ts';
import type { Query } from './query.ts';
import type { Scores } from './score.ts';

const MOST_FORGIVEN = 4; // words of a query that are matched with edits

/** Look-ups that several steps of a query need; each is done once. */
export class Lookup {
  readonly query: Query;
  #begun: Scores | null = null;
  #forgiving: Scores | null = null;

  constructor(query: Query) {
    this.query = query;
  }

  /** Every word as a prefix, in all languages of the search. */
  begun(): Scores {
    return (this.#begun ??= this.query.look(this.query.content, () => GUESSED, true));
  }

  /**
   * Every word as typed; as a prefix if no sticker has it as typed; and with edits if nothing matches. A
   * single word with a known meaning is matched without edits, because it is not a typo.
   */
  forgiving(): Scores {
    return (this.#forgiving ??= this.#forgive());
  }

  #forgive(): Scores {
    const { query } = this;
    const { first } = query.languages;
    const words = query.content;
    const rules = words.map(({ text }) => (first.some(({ terms }) => terms.find(text) >= 0) ? WHOLE : BEGUN));
    const rule = (i: number): Rule => rules[i] ?? BEGUN;
    const scores = query.look(words, rule, false);
    let left = MOST_FORGIVEN;
    const edited = scores.unknown().map((unknown, i) => {
      const word = words[i];
      const alone = words.length === 1 && word !== undefined && query.nearest(word.text) !== null;
      return unknown && !alone && left-- > 0;
    });
    if (!edited.includes(true)) return scores;
    return query.look(words, (i) => (edited[i] === true ? FORGIVEN : rule(i)), false);
  }
}
