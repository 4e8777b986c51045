import type { Pack, StickersFile } from '@sotto/sticker-search/format';
import type { Art } from './art.ts';
import { commonness } from './common.ts';
import type { Artwork } from './core.ts';
import { type AddedWords, type BuiltLanguage, KINDS } from './languages.ts';
import type { NoticeRow } from './notice.ts';
import type { Extra } from './openmoji.ts';
import type { OwnPack } from './own.ts';
import type { SkinTone } from './tones.ts';
import { hasWords } from './words.ts';

/** Names and keywords that CLDR does not have: those of extras and operators' stickers. */
export function addedWords(
  drawings: readonly Artwork[],
  extras: readonly Extra[],
  own: readonly OwnPack[],
): AddedWords {
  const number = new Map(drawings.map(({ pack, key }, i) => [`${pack}/${key}`, i]));
  const words = (
    tag: string,
    id: string,
    name: string,
    keywords: readonly string[],
    hints: readonly string[] = [],
  ): AddedWords => {
    const sticker = number.get(id) ?? 0;
    return [
      { tag, sticker, phrase: name, kind: KINDS.name },
      ...keywords.map((phrase) => ({ tag, sticker, phrase, kind: KINDS.keyword })),
      ...hints.map((phrase) => ({ tag, sticker, phrase, kind: KINDS.hint })),
    ];
  };
  return [
    ...extras.flatMap(({ key, name, keywords, group }) =>
      words('en', `openmoji/${key}`, name, keywords, group.split('-')),
    ),
    ...own.flatMap((pack) =>
      [...pack.words].flatMap(([key, locales]) =>
        [...locales].flatMap(([tag, { name, keywords }]) => words(tag, `${pack.id}/${key}`, name, keywords)),
      ),
    ),
  ];
}

/** The description of each pack, the core pack first. */
export function describePacks(own: readonly OwnPack[], openmoji: boolean): Pack[] {
  return [
    {
      id: 'core',
      name: 'Emoji',
      licence: `MIT AND Apache-2.0${openmoji ? ' AND CC-BY-SA-4.0' : ''}`,
      attribution: `Fluent Emoji by Microsoft; Noto Emoji by Google${openmoji ? '; flags by OpenMoji (openmoji.org)' : ''}`,
    },
    ...(openmoji
      ? [
          {
            id: 'openmoji',
            name: 'OpenMoji extras',
            licence: 'CC-BY-SA-4.0',
            attribution: 'OpenMoji – the open-source emoji and icon project (openmoji.org), CC BY-SA 4.0',
          },
        ]
      : []),
    ...own.map(({ id, name, licence, attribution }) => ({ id, name, licence, attribution })),
  ];
}

/** The data about every sticker that every search needs. */
export function stickersFile(
  packs: readonly Pack[],
  drawings: readonly Artwork[],
  art: readonly Art[],
  emoticons: StickersFile['emoticons'],
): StickersFile {
  const types = ['image/svg+xml', 'image/webp'];
  let offset = 0;
  return {
    format: 2,
    emoticons,
    packs,
    types,
    stickers: drawings.map(({ emoji, pack }, i) => {
      const made = art[i];
      const at = offset;
      const length = made?.bytes.length ?? 0;
      offset += length;
      const common = emoji === '' ? 0 : commonness(emoji);
      const packNumber = packs.findIndex((p) => p.id === pack);
      return [made?.id ?? '', emoji, packNumber, common, types.indexOf(made?.type ?? ''), at, length];
    }),
  };
}

/** The sources of the notice. Art is in the order of its drawings. */
export interface NoticeSources {
  readonly drawings: readonly Artwork[];
  readonly art: readonly Art[];
  readonly toned: readonly SkinTone[];
  readonly extras: readonly Extra[];
  readonly languages: readonly BuiltLanguage[];
}

/** A row of the notice for every drawing and every file. */
export function noticeRows({ drawings, art, toned, extras, languages }: NoticeSources): NoticeRow[] {
  const authors = new Map(extras.map(({ key, name, author }) => [key, `${name}, by ${author}`]));
  return [
    ...drawings.map(({ key, emoji, source }, i) => ({
      path: `art.bin#${art[i]?.id}`,
      source,
      note: authors.get(key) ?? (emoji || key),
    })),
    ...toned.map(({ drawing: { emoji, source }, art: { id } }) => ({
      path: `tones.bin#${id}`,
      source,
      note: emoji,
    })),
    ...languages.map(({ tag }) => ({ path: `index/${tag}.bin`, source: 'cldr', note: tag })),
    ...languages
      .filter(({ tag }) => hasWords(tag))
      .map(({ tag }) => ({ path: `index/${tag}.bin#words`, source: 'sotto', note: `${tag}, by hand` })),
    { path: 'stickers.json', source: 'emojibase', note: 'order of the standard' },
    ...languages
      .filter(({ meaning }) => meaning !== null)
      .map(({ tag }) => ({ path: `meaning/${tag}.bin`, source: 'meaning', note: tag })),
    { path: 'tones.json', source: 'emojibase', note: 'skin tones of the standard' },
    { path: 'related.bin', source: 'meaning', note: 'stickers near to each other' },
    { path: 'engine.js', source: 'sotto', note: 'the search module' },
  ];
}
