import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bare, cldr, type Named, novelty, type Query, shortcodes, withTypo } from './data.ts';
import { seeded } from '../support/seeded.ts';

/** A set of queries to the service, and its baseline. */
export interface Track {
  readonly track: string;
  readonly locale: string;
  readonly queries: readonly Query[];
  /** Share of novel queries among all of this kind. Only these are sent if the track requires it. */
  readonly novel: number; // percent
  /** Names and keywords for the baselines; null where they make no sense. */
  readonly baseline: readonly Named[] | null;
}

/** Languages whose own names must find their emoji. */
export const OWN_NAMES = ['ar', 'he', 'fa', 'ur', 'zh', 'ja', 'ko', 'th', 'sr', 'hi'];

const share = (part: number, whole: number): number => Math.round((part / Math.max(1, whole)) * 1000) / 10;

/** Shortcodes of a set that are not literally a name or keyword of their emoji. */
function novelShortcodes(track: string, set: 'iamcal' | 'joypixels', named: readonly Named[]): Track {
  const all = shortcodes(set, new Set(named.map(({ emoji }) => emoji)));
  const queries = all.filter(novelty(named));
  return { track, locale: 'en', queries, novel: share(queries.length, all.length), baseline: named };
}

/** Every track, for the emoji that the service has. */
export function developmentTracks(known: ReadonlySet<string>): Track[] {
  const english = cldr(['en'], known);
  const names = novelShortcodes('names', 'iamcal', english);
  const random = seeded(20_26);
  const pairs = names.queries.flatMap((query) => {
    const typo = withTypo(query.query, random);
    return typo === null ? [] : [{ clean: query, typo: { ...query, query: typo } }];
  });
  const whole = { locale: 'en', novel: 100, baseline: english };
  return [
    names,
    { ...whole, track: 'typos', queries: pairs.map(({ typo }) => typo) },
    { ...whole, track: 'typos-clean', queries: pairs.map(({ clean }) => clean) },
    novelShortcodes('joypixels', 'joypixels', english),
    { ...whole, track: 'emoji', queries: emojiQueries(known), baseline: null },
    ...OWN_NAMES.map((locale) => ownNames(locale, known)),
    ...peopleTracks(known),
  ];
}

/** Everyday queries and the results that we expect first, by our own judgement: `people.json`. */
function peopleTracks(known: ReadonlySet<string>): Track[] {
  const file = path.join(import.meta.dirname, 'people.json');
  const asked = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>;
  return Object.entries(asked).map(([locale, list]) => {
    const queries = Object.entries(list).map(([query, expect]) => ({ query, expect: expect.split(' ') }));
    const named = cldr([locale], known);
    const novel = share(queries.filter(novelty(named)).length, queries.length);
    return { track: 'people', locale, queries, novel, baseline: named };
  });
}

/** Each emoji as a query: bare, with a variation selector, with a skin tone where it takes one. */
function emojiQueries(known: ReadonlySet<string>): Query[] {
  return [...known].flatMap((emoji) => {
    const [first = '', ...rest] = Array.from(emoji);
    const forms = [emoji, `${first}\ufe0f${rest.join('')}`];
    if (/\p{Emoji_Modifier_Base}/u.test(first)) forms.push(`${first}\u{1f3fd}${rest.join('')}`);
    return forms.map((query) => ({ query, expect: [emoji] }));
  });
}

function ownNames(locale: string, known: ReadonlySet<string>): Track {
  const named = cldr([locale], known).filter(({ name }) => name !== '');
  const queries = named.map(({ emoji, name }) => ({ query: name, expect: [bare(emoji)] }));
  return { track: 'self-retrieval', locale, queries, novel: 0, baseline: named };
}

/** Words whose every prefix is searched: first words of names, and keywords, in regular intervals. */
export function narrowingWords(known: ReadonlySet<string>, most: number): string[] {
  const words = new Set<string>();
  for (const { name, keywords } of cldr(['en'], known)) {
    for (const phrase of [name, ...keywords]) words.add(phrase.toLowerCase());
  }
  const all = [...words].filter((word) => word.length > 2).toSorted((a, b) => (a < b ? -1 : 1));
  const step = Math.max(1, all.length / most);
  return Array.from({ length: Math.min(most, all.length) }, (_, i) => all[Math.floor(i * step)] ?? '');
}
