import { createSearch, type Search, SearchError } from '@sotto/sticker-search';
import { openArchive } from '@sotto/sticker-search/format';

/** An opened catalogue: its search and its art. */
export interface Catalogue {
  readonly search: Search;
  /** The art of all stickers; each sticker's record has its offset and length. */
  readonly art: Uint8Array;
}

/**
 * Opens a built catalogue. Indexes are opened at their first use, or all at once if `whole`.
 *
 * @param archive - `catalogue.bin`
 * @param art - `art.bin`
 * @throws {SearchError} `corrupt-index`
 */
export function openCatalogue(archive: Uint8Array, art: Uint8Array, { whole = false } = {}): Catalogue {
  const files = openArchive(archive);
  const stickers = files['stickers.json'];
  if (stickers === undefined) throw new SearchError('corrupt-index', 'no stickers.json');
  const search = createSearch({
    stickers,
    indexes: filesOf(files, 'index'),
    meanings: filesOf(files, 'meaning'),
    related: files['related.bin'],
  });
  const end = Math.max(0, ...search.table.stickers.map((s) => s.art.offset + s.art.length));
  if (end > art.length) throw new SearchError('corrupt-index', 'art is missing');
  if (whole) for (const locale of search.languages) search.results('a', { locale });
  return { search, art };
}

/** The files of one folder of the archive, by language. */
export const filesOf = (
  files: Readonly<Record<string, Uint8Array>>,
  folder: string,
): Record<string, Uint8Array> =>
  Object.fromEntries(
    Object.entries(files)
      .filter(([name]) => name.startsWith(`${folder}/`))
      .map(([name, bytes]) => [name.slice(folder.length + 1, -'.bin'.length), bytes]),
  );
