import type { ArtLocation, createSearch, Search } from '@sotto/sticker-search';
import { languageOf } from './strings/index.ts';
import type { Art, Device, Group, Page, SearchOptions, Sticker } from './types.ts';

/** The module `engine.js` of a built catalogue. */
export interface Engine {
  readonly createSearch: typeof createSearch;
}

export interface DeviceDeps {
  readonly engine: () => Promise<Engine>;
  /** A file of the built catalogue: `stickers.json`, `synonyms.bin`, `art.bin`, `index/LANGUAGE.bin`. Null: there is none. */
  readonly get: (file: string) => Promise<Uint8Array | null>;
}

const LIMIT = 64; // results, unless told
const CORE = 'core';

/** The first emoji of each group, in the order of the standard, which is the catalogue's (UTS #51). */
const GROUPS: readonly (readonly [emoji: string, group: string])[] = [
  ['😀', 'smileys'],
  ['👋', 'people'],
  ['🐵', 'animals'],
  ['🍇', 'food'],
  ['🌍', 'travel'],
  ['🎃', 'activities'],
  ['👓', 'objects'],
  ['🏧', 'symbols'],
  ['🏁', 'flags'],
];

/**
 * Search on the device over a built catalogue. It loads the catalogue whole, and an index a language, so
 * that no request depends on what is searched for or seen. A load that failed is tried again when asked.
 */
export function createDevice({ engine, get }: DeviceDeps): Device {
  const files = new Map<string, Promise<Uint8Array | null>>();
  const searches = new Map<string, Promise<Search>>();
  const places = new Map<string, ArtLocation>();

  const load = (name: string): Promise<Uint8Array | null> => kept(files, name, () => get(name));

  async function open(language: string): Promise<Search> {
    const [module, stickers, en, own, synonyms] = await Promise.all([
      engine(),
      load('stickers.json'),
      load('index/en.bin'),
      load(`index/${language}.bin`),
      load('synonyms.bin'),
      load('art.bin'),
    ]);
    if (stickers === null || en === null) throw new Error('the catalogue is not there');
    return module.createSearch(stickers, own === null ? { en } : { en, [language]: own }, synonyms);
  }

  async function results(query: string, { locale = 'en', packs = [] }: SearchOptions) {
    const language = languageOf(locale);
    const search = await kept(searches, language, () => open(language));
    const found = search.results(query, { locale, packs });
    const at = (index: number): Sticker => {
      const { art, ...sticker } = found.at(index);
      places.set(sticker.id, art);
      return sticker;
    };
    return { search, total: found.total, at };
  }

  return {
    async search(query, options): Promise<Page> {
      const { total, at } = await results(query, options);
      const from = Number(options.cursor ?? 0);
      const end = Math.min(total, from + (options.limit ?? LIMIT));
      const page = Array.from({ length: Math.max(0, end - from) }, (_, i) => at(from + i));
      return { results: page, next: end < total ? `${end}` : null };
    },

    async art(id): Promise<Art | null> {
      const place = places.get(id);
      const all = place && (await load('art.bin'));
      if (!place || !all) return null;
      return drawn(place.type, all.subarray(place.offset, place.offset + place.length));
    },

    async groups(locale): Promise<Group[]> {
      const { search, total, at } = await results('', { locale });
      const order = new Map(search.table.stickers.map(({ id }, i) => [id, i]));
      const all = Array.from({ length: total }, (_, i) => at(i)); // the most common first
      all.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
      return [...standardGroups(all.filter(({ pack }) => pack === CORE)), ...packGroups(search, all)];
    },
  };
}

function standardGroups(core: readonly Sticker[]): Group[] {
  const starts = GROUPS.map(([emoji]) => core.findIndex((sticker) => sticker.emoji.startsWith(emoji)));
  if (starts.includes(-1)) return [{ id: 'smileys', stickers: core }];
  return GROUPS.map(([, id], i) => ({ id, stickers: core.slice(starts[i], starts[i + 1]) }));
}

/** One group a pack beside the core. */
const packGroups = ({ table }: Search, all: readonly Sticker[]): Group[] =>
  table.packs
    .filter(({ id }) => id !== CORE)
    .map(({ id, name }) => ({ id, name, stickers: all.filter(({ pack }) => pack === id) }));

/** The promise under a name, made once; a failed one is forgotten. */
function kept<T>(all: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
  const known = all.get(name);
  if (known !== undefined) return known;
  const made = make();
  all.set(name, made);
  made.catch(() => all.delete(name));
  return made;
}

function drawn(type: string, bytes: Uint8Array): Art {
  if (type === 'image/svg+xml') return { type, data: new TextDecoder().decode(bytes) };
  return { type, data: btoa(String.fromCharCode(...bytes)) };
}
