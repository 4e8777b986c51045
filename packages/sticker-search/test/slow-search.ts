import { fold } from '../src/fold.ts';
import { allowedEdits } from '../src/fuzzy.ts';
import { inflections } from '../src/inflect.ts';
import { KEYWORD, type Language, NAME, VARIANT_NAME } from '../src/language.ts';
import { latinTerm } from '../src/latin.ts';
import { BEGUN, FORGIVEN, GUESSED, type Rule, WHOLE } from '../src/match.ts';
import { respaced } from '../src/split.ts';
import { isStopWord } from '../src/stop.ts';
import { characters, runsWithoutSpaces, type Token, tokenize } from '../src/tokens.ts';

/** The corpus of the slow search, as plain lists. */
export interface SlowCorpus {
  readonly languages: readonly Language[];
  readonly common: readonly number[];
  readonly nearest: (word: string) => readonly number[] | null;
  readonly related: readonly (readonly number[])[];
}

interface Found {
  rows: number[]; // token → quality
  name: number;
  keyword: number;
  best: number;
}
type Look = { readonly tokens: readonly Token[]; readonly found: Map<number, Found> };

const PAGE = 24;
const f32 = Math.fround;

/** Edits between a word and a term, or its nearest prefix, over the full table. */
export function edits(word: string, term: string): { whole: number; begun: number } {
  const rows: number[][] = [];
  for (let d = 0; d <= term.length; d++) {
    const row: number[] = (rows[d] = []);
    for (let i = 0; i <= word.length; i++) {
      const at = (y: number, x: number): number => rows[y]?.[x] ?? Infinity;
      let least = d === 0 ? i : i === 0 ? d : Infinity;
      if (d > 0 && i > 0) {
        const same = term[d - 1] === word[i - 1] ? 0 : 1;
        least = Math.min(at(d - 1, i - 1) + same, at(d - 1, i) + 1, at(d, i - 1) + 1);
        if (d > 1 && i > 1 && term[d - 1] === word[i - 2] && term[d - 2] === word[i - 1])
          least = Math.min(least, at(d - 2, i - 2) + 1);
      }
      row.push(least);
    }
  }
  const ends = rows.map((row) => row[word.length] ?? Infinity);
  return { whole: ends[term.length] ?? Infinity, begun: Math.min(...ends.slice(1)) };
}

/** Phrase → best quality of a token in it, by looking at every term. */
function match(language: Language, { text, gram }: Token, rule: Rule): Map<number, number> {
  const qualities = new Map<number, number>();
  const forms = new Map(gram || language.tag !== 'en' ? [] : inflections(text));
  const latin = gram ? null : latinTerm(text, language.tag);
  const allowed = !gram && rule.fuzzy ? allowedEdits(text.length) : 0;
  [...language.terms].forEach((term, place) => {
    const offers = [(forms.get(term) ?? 0) * 0.95];
    for (const [typed, factor] of [[text, 1] as const, ...(latin === null ? [] : [[latin, 0.95] as const])]) {
      if (term === typed) offers.push(factor);
      else if (rule.prefix && term.startsWith(typed))
        offers.push(factor * (0.55 + (0.9 - 0.55) * (typed.length / term.length)));
    }
    if (allowed > 0) {
      const { whole, begun } = edits(text, term);
      if (whole <= allowed) offers.push([0.7, 0.5, 0.3][whole] ?? 0);
      else if (rule.prefix && text.length > 3 && begun <= allowed)
        offers.push(([0.7, 0.5, 0.3][begun] ?? 0) * 0.8);
    }
    const best = Math.max(...offers);
    if (best <= 0) return;
    const count = language.terms.read(place);
    for (const phrase of language.terms.list.slice(0, count)) {
      if (best > (qualities.get(phrase) ?? 0)) qualities.set(phrase, f32(best));
    }
  });
  return qualities;
}

/** Looks tokens up in every language, and credits every phrase that has one of them. */
function look({ languages }: SlowCorpus, tokens: readonly Token[], rule: (i: number) => Rule): Look {
  const found = new Map<number, Found>();
  const weight = tokens.reduce((sum, token) => sum + token.weight, 0);
  languages.forEach((language, number) => {
    const worth = number === 0 ? 1 : 0.93;
    const matches = tokens.map((token, i) => match(language, token, rule(i)));
    for (let phrase = 0; phrase < language.phrases; phrase++) {
      const qualities = matches.map((phrases) => phrases.get(phrase) ?? 0);
      const units = qualities.reduce((sum, q, i) => sum + (q > 0 ? (tokens[i]?.weight ?? 0) : 0), 0);
      if (units === 0) continue;
      const part = Math.min(1, units / (language.units[phrase] ?? 1));
      const sum = qualities.reduce((total, q, i) => total + q * (tokens[i]?.weight ?? 0), 0);
      const share = (worth * (0.4 + (1 - 0.4) * part) * sum) / weight;
      for (const use of language.uses.subarray(language.starts[phrase], language.starts[phrase + 1])) {
        const kind = use & 3;
        const of = found.get(use >> 2) ?? { rows: tokens.map(() => 0), name: 0, keyword: 0, best: 0 };
        found.set(use >> 2, of);
        const named = kind === NAME || kind === VARIANT_NAME;
        const value = kind === NAME ? 1 : kind === VARIANT_NAME ? 0.9 : kind === KEYWORD ? 0.8 : 0.5;
        const least = named ? 0.6 : 0.7;
        const word = value * worth * (least + (1 - least) * part);
        qualities.forEach((q, i) => (of.rows[i] = Math.max(of.rows[i] ?? 0, f32(q * word))));
        if (named) of.name = Math.max(of.name, f32(value * share));
        else of.keyword = Math.max(of.keyword, f32(value * share));
      }
    }
  });
  return { tokens, found };
}

function ordered(
  { common }: SlowCorpus,
  { tokens, found }: Look,
  every: boolean,
  weights?: number[],
): number[] {
  const of = weights ?? tokens.map(({ weight }) => weight);
  return [...found]
    .filter(([, { rows }]) => rows.length > 0 && (!every || rows.every((quality) => quality > 0)))
    .map(([sticker, { rows, name, keyword }]) => {
      const words = of.reduce((sum, weight, i) => sum + (rows[i] ?? 0) * weight, 0);
      const total = of.reduce((sum, weight) => sum + weight, 0);
      const known = (common[sticker] ?? 0) === 0 ? -0.2 : (0.17 * (common[sticker] ?? 0)) / 255;
      const phrases = Math.max(name, keyword) + 0.05 * Math.min(name, keyword);
      const value = (1.2 * words) / Math.max(total, 1e-6) + phrases + known;
      return { sticker, value: Math.round(-value * 2 ** 20) };
    })
    .toSorted((a, b) => a.value - b.value || a.sticker - b.sticker)
    .map(({ sticker }) => sticker);
}

const unknown = ({ tokens, found }: Look): boolean[] =>
  tokens.map((_, i) => ![...found.values()].some(({ rows }) => (rows[i] ?? 0) > 0));

/**
 * The whole search, by passes over everything. The fast one must agree with it. One language and English,
 * words alone.
 */
export function slowSearch(corpus: SlowCorpus, text: string): { stickers: number[]; strict: number } {
  const { languages, nearest } = corpus;
  const tag = languages[0]?.tag ?? '';
  const read = tokenize(fold(text, tag));
  const words = read.filter(
    ({ text: t }, i) => i === read.length - 1 || read.findIndex((other) => other.text === t) === i,
  );
  const meant = words.filter(
    (word) =>
      !isStopWord(
        word.text,
        languages.map((language) => language.tag),
      ),
  );
  const content = meant.length > 0 ? meant : words;
  const stickers: number[] = [];
  const add = (list: readonly number[], most = Infinity): boolean => {
    for (const s of list) if (stickers.length < most && !stickers.includes(s)) stickers.push(s);
    return list.length > 0;
  };
  const lastBegun = (list: readonly Token[]) => (i: number) => (i === list.length - 1 ? BEGUN : WHOLE);
  const strictly = (list: readonly Token[]): number[] =>
    ordered(corpus, look(corpus, list, lastBegun(list)), true);
  const credit = new Map<number, number>();
  const give = (s: number, value: number): void => void credit.set(s, (credit.get(s) ?? 0) + value);
  const fill = (): void => {
    const best = [...credit].toSorted(([a, x], [b, y]) => y - x || a - b).map(([s]) => s);
    add(best, Math.max(PAGE, stickers.length));
    credit.clear();
  };
  add(strictly(words));
  const strict = stickers.length;
  const forgiving = (): Look => {
    const rules = content.map(({ text: t }) =>
      languages.some(({ terms }) => terms.find(t) >= 0) ? WHOLE : BEGUN,
    );
    const first = look(corpus, content, (i) => rules[i] ?? BEGUN);
    let left = 4;
    const edited = unknown(first).map(
      (is, i) => is && !(content.length === 1 && nearest(content[i]?.text ?? '') !== null) && left-- > 0,
    );
    return look(corpus, content, (i) => (edited[i] ? FORGIVEN : (rules[i] ?? BEGUN)));
  };
  if (strict === 0) {
    const known = { languages: { first: languages }, nearest } as unknown as Parameters<typeof respaced>[1];
    const ways = [
      () => content.length < words.length && add(strictly(content)),
      () =>
        add(
          ordered(
            corpus,
            look(corpus, content, () => GUESSED),
            true,
          ),
        ),
      ...respaced(content, known).map((other) => () => add(strictly(other))),
      () => add(ordered(corpus, forgiving(), true)),
    ];
    ways.some((way) => way());
  }
  if (stickers.length < PAGE) {
    let near = forgiving();
    const apart = words.some(({ gram }, i) => gram && unknown(near)[i])
      ? characters(content, unknown(near))
      : [];
    if (apart.length > 0) near = look(corpus, apart, () => BEGUN);
    const rarity = near.tokens.map((_, i) => {
      const mass = [...near.found.values()].reduce((sum, { rows }) => sum + (rows[i] ?? 0) ** 2, 0);
      const head = tag === 'en' && i === near.tokens.length - 1 ? 1.25 : 1;
      return head * Math.log(1 + corpus.common.length / (1 + mass));
    });
    ordered(corpus, near, false, rarity).forEach((s, rank) => give(s, 1 / (11 + rank)));
    const lists = content.map(({ text: t, gram }) => (gram ? null : nearest(t)));
    for (const list of lists) list?.forEach((s, rank) => give(s, 0.3 / (11 + rank)));
    if (runsWithoutSpaces(fold(text, tag)).length > 0) throw new Error('words alone');
    fill();
  }
  if (stickers.length < PAGE) {
    stickers.slice(0, 5).forEach((seed, i) => {
      corpus.related[seed]?.forEach((s, rank) => give(s, 1 / ((10 + i) * (10 + rank))));
    });
    fill();
  }
  return { stickers, strict };
}
