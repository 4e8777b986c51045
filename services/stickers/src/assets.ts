import { createSearch, SearchError } from '@sotto/sticker-search';
import { languageOf, openArchive } from '@sotto/sticker-search/format';
import { type Catalogue, filesOf } from './catalogue.ts';

/** A file of the built catalogue; null when there is none. */
type Read = (name: string) => Promise<Uint8Array | null>;

/** Languages besides English that stay loaded, of about 0.3 MB each. */
export const MOST_LANGUAGES = 24;

/**
 * A catalogue that loads files when a search needs them: art and English at first, another language at its
 * first use, and all languages for a search without a locale. Files that could not be loaded are tried again.
 * Only the most recently used languages stay loaded, until all are loaded at once.
 */
export function lazyCatalogue(read: Read): (locale: string | undefined) => Promise<Catalogue | null> {
  const { once, forget } = memo();
  const need = required(read);
  let opened: Opened | null = null;
  let isWhole = false; // all languages are loaded
  const loaded = new Set<string>(); // languages until then, in the order of their last use
  const load = ({ search }: Opened, tag: string): Promise<void> =>
    once(tag, async () => {
      const [index, meaning] = await Promise.all([need(`index/${tag}.bin`), read(`meaning/${tag}.bin`)]);
      if (isWhole) return;
      search.add(tag, index, meaning ?? undefined);
      loaded.add(tag);
    });
  const loadAll = ({ search }: Opened): Promise<void> =>
    once('*', async () => {
      const files = openArchive(await need('catalogue.bin')); // one file, because a request may load only a few
      const meanings = filesOf(files, 'meaning');
      for (const [tag, index] of Object.entries(filesOf(files, 'index')))
        search.add(tag, index, meanings[tag]);
      isWhole = true;
      loaded.clear();
    });
  /** Unloads languages. At the start of a request no other request is between its load and its search. */
  const unload = ({ search }: Opened, wanted: string): void => {
    if (loaded.delete(wanted)) loaded.add(wanted);
    for (const oldest of loaded) {
      if (loaded.size <= MOST_LANGUAGES) return;
      loaded.delete(oldest);
      forget(oldest);
      search.remove(oldest);
    }
  };
  return async (locale) => {
    const isTag = locale !== undefined && opened !== null && Object.hasOwn(opened.languages, locale);
    const tag = isTag ? locale : languageOf(locale ?? '');
    if (opened !== null) unload(opened, tag);
    try {
      const catalogue = (opened = await once('', () => openEnglish(read)));
      if (locale === undefined) await loadAll(catalogue);
      else if (!isWhole && tag !== 'en' && Object.hasOwn(catalogue.languages, tag))
        await load(catalogue, tag);
      return catalogue;
    } catch {
      return null;
    }
  };
}

interface Opened extends Catalogue {
  /** Language tags are its keys. */
  readonly languages: Readonly<Record<string, unknown>>;
}

/** Reads a file that a catalogue must have. */
const required =
  (read: Read) =>
  async (name: string): Promise<Uint8Array> => {
    const bytes = await read(name);
    if (bytes === null) throw new SearchError('corrupt-index', `no ${name}`);
    return bytes;
  };

/** A catalogue with art and English. */
async function openEnglish(read: Read): Promise<Opened> {
  const need = required(read);
  const [manifest, stickers, related, art, en, meaning] = await Promise.all([
    need('manifest.json'),
    need('stickers.json'),
    need('related.bin'),
    need('art.bin'),
    need('index/en.bin'),
    read('meaning/en.bin'),
  ]);
  const { languages } = JSON.parse(new TextDecoder().decode(manifest)) as Pick<Opened, 'languages'>;
  const meanings: Record<string, Uint8Array> = meaning ? { en: meaning } : {};
  return { search: createSearch({ stickers, related, indexes: { en }, meanings }), art, languages };
}

/** Keeps the promise of each name until it is forgotten. A promise that rejects is forgotten. */
function memo() {
  const kept = new Map<string, Promise<unknown>>();
  const forget = (name: string): void => void kept.delete(name);
  const once = <T>(name: string, make: () => Promise<T>): Promise<T> => {
    const known = kept.get(name) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const made = make();
    kept.set(name, made);
    made.catch(() => forget(name));
    return made;
  };
  return { once, forget };
}
