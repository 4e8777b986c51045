import type { Terms } from './terms.ts';

const DEEPEST = 48; // UTF-16 code units of a term that are compared

const FAR = 99; // more edits than are ever allowed

/**
 * The number of edits that are allowed in a word of this length: insertions, deletions, substitutions and
 * transpositions.
 */
export function allowedEdits(length: number): 0 | 1 | 2 {
  if (length < 3) return 0;
  return length < 7 ? 1 : 2;
}

/** Row * width + column → edits. All calls share this memory. */
const rows = new Uint8Array((DEEPEST + 1) * (DEEPEST + 1));

/**
 * Visits every term within `edits` of `word` (optimal string alignment). It compares only terms that have
 * enough of its letters. It reuses the rows of the prefix that a term shares with the previous one, stops at
 * a term that cannot match any more, and fills only those cells of a row that `edits` can reach.
 *
 * @param word - at most 48 UTF-16 code units
 * @param prefix - whether the word may match a prefix of the term
 * @param visit - `whole`: the word matched the whole term
 */
export function fuzzy(
  terms: Terms,
  word: string,
  edits: 1 | 2,
  prefix: boolean,
  visit: (distance: number, whole: boolean, place: number) => void,
): void {
  const width = word.length + 1;
  rows.fill(FAR, 0, Math.min(DEEPEST + 1, width + edits + 2) * width);
  for (let i = 0; i < width && i <= edits; i++) rows[i] = i;
  let valid = 0; // rows that are valid for the previous term
  let last = '';
  terms.withLetters(word, edits, (term, place) => {
    let shared = 0;
    while (shared < valid && last.charCodeAt(shared) === term.charCodeAt(shared)) shared++;
    valid = shared;
    last = term;
    const length = Math.min(term.length, DEEPEST);
    let dead = false;
    while (valid < length && !dead) {
      dead = nextRow(width, word, term, valid, edits) > edits;
      valid++;
    }
    const distance = !dead && valid === term.length ? (rows[valid * width + width - 1] as number) : FAR;
    if (distance <= edits) visit(distance, true, place);
    if (distance <= edits || !prefix) return;
    const best = bestBeginning(width, valid, edits);
    if (best <= edits) visit(best, false, place);
  });
}

/** The fewest edits between the word and any prefix of the term whose rows are filled. */
function bestBeginning(width: number, filled: number, edits: number): number {
  let best = FAR;
  const last = Math.min(filled, width - 1 + edits);
  for (let depth = Math.max(1, width - 1 - edits); depth <= last; depth++) {
    best = Math.min(best, rows[depth * width + width - 1] as number);
  }
  return best;
}

/** Fills the row below `depth`, as far as `edits` reach to both sides, and returns its least value. */
function nextRow(width: number, word: string, term: string, depth: number, edits: number): number {
  const above = depth * width;
  const row = above + width;
  const letter = term.charCodeAt(depth);
  const before = depth > 0 ? term.charCodeAt(depth - 1) : -1;
  const low = Math.max(1, depth + 1 - edits);
  const high = Math.min(width - 1, depth + 1 + edits);
  let least = depth + 1 <= edits ? (rows[row] = depth + 1) : FAR;
  for (let i = low; i <= high; i++) {
    const here = word.charCodeAt(i - 1);
    let cost = (rows[above + i - 1] ?? FAR) + (here === letter ? 0 : 1);
    const longer = (rows[above + i] ?? FAR) + 1;
    if (longer < cost) cost = longer;
    const shorter = i > low || low === 1 ? (rows[row + i - 1] ?? FAR) + 1 : FAR;
    if (shorter < cost) cost = shorter;
    if (i > 1 && here === before && word.charCodeAt(i - 2) === letter) {
      const swapped = (rows[above - width + i - 2] ?? FAR) + 1;
      if (swapped < cost) cost = swapped;
    }
    if (cost > FAR) cost = FAR;
    rows[row + i] = cost;
    if (cost < least) least = cost;
  }
  return least;
}
