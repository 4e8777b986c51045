import { createSearch } from '@sotto/sticker-search';

/** Enough for the first rows of any picker. */
const MOST = 24;
/** Bytes of art. With 3D art about 20 stickers fit. */
const MOST_BYTES = 72 * 1024;

/** `first.json`: the stickers that a picker shows before it has loaded anything else. */
export interface FirstStickers {
  /** All packs but the core, which are groups of the picker. */
  readonly packs: readonly { readonly id: string; readonly name: string }[];
  readonly stickers: readonly {
    readonly id: string;
    readonly emoji: string;
    readonly pack: string;
    readonly art: { readonly type: string; readonly data: string };
  }[];
  /** Language → the names of these stickers, in their order. */
  readonly names: Readonly<Record<string, readonly string[]>>;
}

/** The first stickers of the core in the order of the catalogue, with their art, and their names in every language. */
export function firstStickers(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const file = (name: string): Uint8Array => files.get(name) ?? new Uint8Array(0);
  const indexes = Object.fromEntries(
    [...files].flatMap(([name, bytes]) => {
      const [, tag] = /^index\/(.+)\.bin$/.exec(name) ?? [];
      return tag === undefined ? [] : [[tag, bytes]];
    }),
  );
  const search = createSearch({ stickers: file('stickers.json'), indexes });
  const art = file('art.bin');
  let bytes = 0;
  const stickers = search.table.stickers
    .filter(({ pack }) => pack === 'core')
    .slice(0, MOST)
    .map(({ id, emoji, pack, art: { type, offset, length } }) => {
      bytes += length;
      const data = Buffer.from(art.subarray(offset, offset + length));
      const text = data.toString(type === 'image/svg+xml' ? 'utf8' : 'base64');
      return { id, emoji, pack, art: { type, data: text }, fits: bytes <= MOST_BYTES };
    })
    .filter(({ fits }) => fits)
    .map(({ fits: _fits, ...sticker }) => sticker);
  const names = search.languages.map((locale) => {
    const all = search.results('', { locale });
    const byId = new Map(
      Array.from({ length: all.total }, (_, i) => all.at(i)).map(({ id, name }) => [id, name]),
    );
    return [locale, stickers.map(({ id }) => byId.get(id) ?? '')];
  });
  const packs = search.table.packs.filter(({ id }) => id !== 'core').map(({ id, name }) => ({ id, name }));
  const first: FirstStickers = { packs, stickers, names: Object.fromEntries(names) };
  return new TextEncoder().encode(JSON.stringify(first));
}
