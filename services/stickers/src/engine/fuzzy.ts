import type { Language } from './language.ts';

const DEEPEST = 48; // UTF-16 code units of a term that are compared

/** Edits that a word of this length is forgiven: a letter more, less or other, or two in the wrong order. */
export function allowedEdits(length: number): 0 | 1 | 2 {
  if (length < 3) return 0;
  return length < 7 ? 1 : 2;
}

/**
 * Visits every term within `edits` of `word` (optimal string alignment), in one walk over the sorted terms
 * that reuses the rows of what neighbours share and passes over what cannot match any more.
 *
 * @param prefix - whether a term may go on after what matched
 * @param visit - `whole`: nothing of the term was left over
 */
export function fuzzy(
  language: Language,
  word: string,
  edits: number,
  prefix: boolean,
  visit: (term: string, postings: number, distance: number, whole: boolean) => void,
): void {
  const width = word.length + 1;
  const rows = Array.from({ length: DEEPEST + 1 }, () => new Uint8Array(width));
  for (let i = 0; i < width; i++) setAt(rows[0], i, i);
  let previous = '';
  let dead = DEEPEST + 1; // depth at which the previous term was given up
  let depth = 0; // rows that hold for the previous term
  language.all((term, postings) => {
    let shared = 0;
    const most = Math.min(previous.length, term.length, depth);
    while (shared < most && previous.charCodeAt(shared) === term.charCodeAt(shared)) shared++;
    previous = term;
    if (shared >= dead) {
      depth = shared;
      return;
    }
    dead = DEEPEST + 1;
    const length = Math.min(term.length, DEEPEST);
    for (depth = shared; depth < length;) {
      const least = nextRow(rows, word, term, depth);
      depth++;
      if (least > edits) {
        dead = depth;
        break;
      }
    }
    const distance = depth === term.length ? (rows[depth]?.[width - 1] ?? 255) : 255;
    if (distance <= edits) return visit(term, postings, distance, true);
    if (!prefix) return;
    let best = 255;
    for (let d = Math.max(1, width - 1 - edits); d <= depth; d++) {
      best = Math.min(best, rows[d]?.[width - 1] ?? 255);
    }
    if (best <= edits) visit(term, postings, best, false);
  });
}

/** Fills the row below `depth` and returns its least value. */
function nextRow(rows: readonly Uint8Array[], word: string, term: string, depth: number): number {
  const above = rows[depth] as Uint8Array;
  const row = rows[depth + 1] as Uint8Array;
  const letter = term.charCodeAt(depth);
  let least = (row[0] = depth + 1);
  for (let i = 1; i < row.length; i++) {
    const here = word.charCodeAt(i - 1);
    let cost = Math.min(
      (above[i - 1] ?? 0) + (here === letter ? 0 : 1),
      (above[i] ?? 0) + 1,
      (row[i - 1] ?? 0) + 1,
    );
    if (depth > 0 && i > 1 && here === term.charCodeAt(depth - 1) && word.charCodeAt(i - 2) === letter) {
      cost = Math.min(cost, (rows[depth - 1]?.[i - 2] ?? 0) + 1);
    }
    row[i] = cost;
    if (cost < least) least = cost;
  }
  return least;
}

function setAt(row: Uint8Array | undefined, at: number, value: number): void {
  if (row !== undefined) row[at] = value;
}
