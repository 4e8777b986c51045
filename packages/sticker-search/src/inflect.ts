/** A form of a word, and the confidence that it is the same word, 0 to 1. */
export type Form = readonly [form: string, likeness: number];

const ENDINGS = ['s', 'es', 'ed', 'er', 'ing', 'y', 'ies', 'ied', 'ier', 'ves'];
const SHORTEST = 3; // letters of a stem
const DOUBLED = /([^aeiou])\1$/; // run, running

/**
 * Other English forms of a word: cats → cat, running → run, dance → dancing.
 *
 * A word with an incomplete ending (`runnin`) also has its stem as a form. So the forms of a longer query are
 * a subset of those of the shorter one, and typing on never brings back a result.
 */
export function inflections(word: string): Form[] {
  if (!/^[a-z]{3,}$/.test(word)) return [];
  const forms = new Map<string, number>();
  const add = (form: string, likeness: number): void => {
    if (form !== word && likeness > (forms.get(form) ?? 0)) forms.set(form, likeness);
  };
  for (const form of lengthened(word)) add(form, 0.85);
  for (const [stem, likeness] of stems(word)) {
    add(stem, likeness);
    for (const form of lengthened(stem)) add(form, likeness * 0.9);
  }
  return [...forms];
}

function stems(word: string): Form[] {
  const found: Form[] = [];
  for (let cut = 1; cut <= 4 && word.length - cut >= SHORTEST; cut++) {
    const head = word.slice(0, -cut);
    const tail = word.slice(-cut);
    const last = head.at(-1) ?? '';
    if (cut === 1 && DOUBLED.test(word)) found.push([head, 0.4]); // runn
    if (tail === 'd' && last === 'e') found.push([head, 0.85]);
    for (const ending of ENDINGS) {
      if (!ending.startsWith(tail)) continue;
      const likeness = ending === tail ? 0.85 : 0.4;
      if (ending === 'ves') {
        found.push([`${head}f`, likeness], [`${head}fe`, likeness]);
        continue;
      }
      if (ending.startsWith('i') && ending !== 'ing') {
        found.push([`${head}y`, likeness]);
        continue;
      }
      found.push([head, likeness]);
      if (ending !== 's' && ending !== 'es') found.push([`${head}e`, likeness]);
      if (DOUBLED.test(head) && head.length > SHORTEST && ending !== 's') {
        found.push([head.slice(0, -1), likeness]);
      }
    }
  }
  return found;
}

function lengthened(word: string): string[] {
  const last = word.at(-1) ?? '';
  const head = word.slice(0, -1);
  if (last === 'e') return [`${word}s`, `${word}d`, `${word}r`, `${head}ing`];
  if (last === 'y') return [`${word}s`, `${head}ies`, `${head}ied`, `${head}ier`, `${head}iness`];
  const endings = ['s', 'es', 'ed', 'er', 'ing', 'y'];
  const doubled = 'bdgklmnprt'.includes(last) ? ['ed', 'er', 'ing', 'y'].map((e) => word + last + e) : [];
  return [...endings.map((ending) => word + ending), ...doubled];
}
