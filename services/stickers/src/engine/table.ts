import { SearchError } from './cursor.ts';
import { emojiKey } from './emoji.ts';

/** One sticker as every search knows it; names and words stand in the indexes. */
export interface Sticker {
  readonly id: string;
  /** Empty for a drawing that no keyboard types. */
  readonly emoji: string;
  readonly pack: string;
  /** How often people mean it, 0 (rare or unknown) to 255. */
  readonly common: number;
  /** Where its art stands in the packed art file, in bytes. */
  readonly art: { readonly type: string; readonly offset: number; readonly length: number };
}

export interface Pack {
  readonly id: string;
  readonly name: string;
  readonly licence: string;
  readonly attribution: string;
}

/** The file `stickers.json` of a built catalogue. */
export interface StickersFile {
  readonly format: 1;
  readonly packs: readonly Pack[];
  readonly types: readonly string[];
  /** [id, emoji, pack, common, art type, art offset, art length], most common first. */
  readonly stickers: readonly (readonly [string, string, number, number, number, number, number])[];
}

export interface Table {
  readonly packs: readonly Pack[];
  readonly stickers: readonly Sticker[];
  /** Emoji without variation selectors and skin tones → its stickers. */
  readonly byEmoji: ReadonlyMap<string, readonly number[]>;
}

/** @throws {SearchError} `corrupt-index` */
export function openTable(bytes: Uint8Array): Table {
  try {
    const file = JSON.parse(new TextDecoder().decode(bytes)) as StickersFile;
    if (file.format !== 1) throw new SearchError('corrupt-index', 'another format of stickers.json');
    const byEmoji = new Map<string, number[]>();
    const stickers = file.stickers.map(([id, emoji, pack, common, type, offset, length], i): Sticker => {
      if (emoji !== '') {
        const key = emojiKey(emoji);
        byEmoji.set(key, [...(byEmoji.get(key) ?? []), i]);
      }
      const packId = file.packs[pack]?.id ?? '';
      return { id, emoji, pack: packId, common, art: { type: file.types[type] ?? '', offset, length } };
    });
    return { packs: file.packs, stickers, byEmoji };
  } catch (cause) {
    if (cause instanceof SearchError) throw cause;
    throw new SearchError('corrupt-index', 'stickers.json is not readable');
  }
}
