import type { ArtLocation, createSearch, Search } from '@sotto/sticker-search';
import { base64 } from './base64.ts';
import { catalogueLocale, languageOf } from './locale.ts';
import type { Art, Device, Group, Page, SearchOptions, Sticker } from './types.ts';

/** The module `engine.js` of a built catalogue. */
export interface Engine {
  readonly createSearch: typeof createSearch;
}

/** The functions with which a device loads its catalogue. */
export interface DeviceDeps {
  readonly engine: () => Promise<Engine>;
  /**
   * A file of the built catalogue: `first.json`, `stickers.json`, `related.bin`, `art.bin`, `index/LANGUAGE.bin`,
   * `meaning/LANGUAGE.bin`, `tones.json`, `tones.bin`. Null if there is no such file.
   */
  readonly get: (file: string) => Promise<Uint8Array | null>;
}

/** `first.json` of a built catalogue. */
interface FirstStickers {
  readonly packs: readonly { readonly id: string; readonly name: string }[];
  readonly stickers: readonly (Omit<Sticker, 'name' | 'art'> & { readonly art: Art })[];
  readonly names: Readonly<Record<string, readonly string[]>>;
}

/** `tones.json` of a built catalogue. */
interface TonesFile {
  readonly types: readonly string[];
  /** The id of a sticker → [id, emoji, type, offset, length] of each skin tone. */
  readonly tones: Readonly<Record<string, readonly (readonly [string, string, number, number, number])[]>>;
}

const LIMIT = 64; // results, by default
const CORE = 'core';

/** The first emoji of each group in the order of UTS #51, which is the order of the catalogue. */
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

interface CatalogueFiles {
  readonly load: (name: string) => Promise<Uint8Array | null>;
  readonly tones: () => Promise<TonesFile | null>;
  /** The search over English and one other language. */
  readonly searchIn: (language: string) => Promise<Search>;
}

/** The files of a catalogue, each loaded once. A load that failed is tried again by the next call. */
function catalogueFiles({ engine, get }: DeviceDeps): CatalogueFiles {
  const files = new Map<string, Promise<Uint8Array | null>>();
  const searches = new Map<string, Promise<Search>>();
  const tables = new Map<string, Promise<TonesFile | null>>();

  const load = (name: string): Promise<Uint8Array | null> => memoize(files, name, () => get(name));

  async function open(language: string): Promise<Search> {
    const [module, stickers, related, indexes, meanings] = await Promise.all([
      engine(),
      load('stickers.json'),
      load('related.bin'),
      loadLanguages('index', language),
      loadLanguages('meaning', language),
    ]);
    load('art.bin').catch(() => undefined); // names and layout do not wait for artwork; `art` loads it again
    if (stickers === null || indexes['en'] === undefined)
      throw new Error('the catalogue has no stickers.json or index/en.bin');
    return module.createSearch({ stickers, indexes, meanings, ...(related && { related }) });
  }

  /** The files of a folder for English and one other language, as far as they exist. */
  async function loadLanguages(folder: string, language: string): Promise<Record<string, Uint8Array>> {
    const tags = [...new Set(['en', language])];
    const found = await Promise.all(tags.map((tag) => load(`${folder}/${tag}.bin`)));
    return Object.fromEntries(tags.flatMap((tag, i) => (found[i] ? [[tag, found[i]]] : [])));
  }

  return {
    load,
    tones: () => memoize(tables, '', async () => parseJson(await load('tones.json')) as TonesFile | null),
    searchIn: (language) => memoize(searches, language, () => open(language)),
  };
}

/**
 * Searches a built catalogue on the device. It loads the whole catalogue and one index for each language, so that no
 * request depends on what is searched for or seen.
 */
export function createDevice(deps: DeviceDeps): Device {
  const { load, tones, searchIn } = catalogueFiles(deps);
  const locations = new Map<string, ArtLocation>();
  const early = new Map<string, Art>(); // of the first stickers

  async function results(query: string, { locale = 'en', packs = [] }: SearchOptions) {
    const search = await searchIn(languageOf(locale));
    const found = search.results(query, { locale: catalogueLocale(locale), packs });
    const at = (index: number): Sticker => {
      const { art, ...sticker } = found.at(index);
      locations.set(sticker.id, art);
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

    async first(locale): Promise<Group[] | null> {
      const file = parseJson(await load('first.json')) as FirstStickers | null;
      if (file === null) return null;
      for (const { id, art } of file.stickers) early.set(id, art);
      return firstGroups(file, languageOf(locale));
    },

    async art(id): Promise<Art | null> {
      const known = early.get(id);
      if (known !== undefined) return known;
      const location = locations.get(id);
      const all = location && (await load('art.bin'));
      if (!location || !all) return null;
      return decodeArt(all, location);
    },

    async tones(id): Promise<Sticker[]> {
      const [file, all] = await Promise.all([tones(), load('tones.bin')]);
      if (file === null || all === null || !Object.hasOwn(file.tones, id)) return [];
      return (file.tones[id] ?? []).map(([own, emoji, type, offset, length]) => {
        const art = decodeArt(all, { type: file.types[type] ?? '', offset, length });
        return { id: own, name: '', emoji, pack: CORE, art };
      });
    },

    async groups(locale): Promise<Group[]> {
      const { search, total, at } = await results('', { locale });
      const order = new Map(search.table.stickers.map(({ id }, i) => [id, i]));
      const all = Array.from({ length: total }, (_, i) => at(i)); // most common first
      all.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
      return [...standardGroups(all.filter(({ pack }) => pack === CORE)), ...packGroups(search, all)];
    },
  };
}

/** All groups, of which only the first has stickers yet. */
function firstGroups({ packs, stickers, names }: FirstStickers, language: string): Group[] {
  const own = names[language] ?? names['en'] ?? [];
  const first = stickers.map((sticker, i) => ({ ...sticker, name: own[i] ?? '' }));
  const groups = GROUPS.map(([, id], i) => ({ id, stickers: i === 0 ? first : [] }));
  return [...groups, ...packs.map((pack) => ({ ...pack, stickers: [] }))];
}

function standardGroups(core: readonly Sticker[]): Group[] {
  const starts = GROUPS.map(([emoji]) => core.findIndex((sticker) => sticker.emoji.startsWith(emoji)));
  if (starts.includes(-1)) return [{ id: 'smileys', stickers: core }];
  return GROUPS.map(([, id], i) => ({ id, stickers: core.slice(starts[i], starts[i + 1]) }));
}

/** One group for each pack except the core. */
const packGroups = ({ table }: Search, all: readonly Sticker[]): Group[] =>
  table.packs
    .filter(({ id }) => id !== CORE)
    .map(({ id, name }) => ({ id, name, stickers: all.filter(({ pack }) => pack === id) }));

/** The promise under this name, created once. A promise that rejects is dropped. */
function memoize<T>(all: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
  const known = all.get(name);
  if (known !== undefined) return known;
  const made = make();
  all.set(name, made);
  made.catch(() => all.delete(name));
  return made;
}

const parseJson = (bytes: Uint8Array | null): unknown => bytes && JSON.parse(new TextDecoder().decode(bytes));

function decodeArt(all: Uint8Array, { type, offset, length }: ArtLocation): Art {
  const bytes = all.subarray(offset, offset + length);
  if (type === 'image/svg+xml') return { type, data: new TextDecoder().decode(bytes) };
  return { type, data: base64(bytes) };
}
