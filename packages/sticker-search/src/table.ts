import { SearchError } from './error.ts';
import { emojiKey, emoticonKey } from './emoji.ts';

/** One sticker of a catalogue. Its names and keywords are in the indexes. */
export interface StickerRecord {
  readonly id: string;
  /** Empty for artwork that is not an emoji. */
  readonly emoji: string;
  readonly pack: string;
  /** How common it is, 0 (rare or unknown) to 255. */
  readonly common: number;
  readonly art: ArtLocation;
}

/** Where a sticker's art is in `art.bin`, in bytes. */
export interface ArtLocation {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
}

/** A set of stickers under one licence. */
export interface Pack {
  readonly id: string;
  readonly name: string;
  readonly licence: string;
  readonly attribution: string;
}

/** The file `stickers.json` of a built catalogue. */
export interface StickersFile {
  readonly format: 2;
  readonly packs: readonly Pack[];
  readonly types: readonly string[];
  /** [id, emoji, pack, common, art type, art offset, art length], in the order of Unicode's emoji list. */
  readonly stickers: readonly (readonly [string, string, number, number, number, number, number])[];
  /** Emoticon → sticker. */
  readonly emoticons: Readonly<Record<string, number>>;
}

/** An opened `stickers.json`. */
export interface Table {
  readonly packs: readonly Pack[];
  readonly stickers: readonly StickerRecord[];
  /** Emoji without variation selectors and skin tones → its stickers. */
  readonly byEmoji: ReadonlyMap<string, readonly number[]>;
  /** `emoticonKey` of an emoticon → its sticker. */
  readonly emoticons: ReadonlyMap<string, number>;
}

/** @throws {SearchError} `corrupt-index` */
export function openTable(bytes: Uint8Array): Table {
  try {
    const file = JSON.parse(new TextDecoder().decode(bytes)) as StickersFile;
    if (file.format !== 2) throw new SearchError('corrupt-index', 'another format of stickers.json');
    if (!Array.isArray(file.packs) || !file.packs.every((pack) => typeof pack?.id === 'string')) {
      throw new SearchError('corrupt-index', 'the packs of stickers.json are malformed');
    }
    const byEmoji = new Map<string, number[]>();
    const stickers = file.stickers.map(
      ([id, emoji, pack, common, type, offset, length], i): StickerRecord => {
        const isRecord =
          typeof id === 'string' &&
          typeof emoji === 'string' &&
          [pack, common, type, offset, length].every((n) => Number.isSafeInteger(n) && n >= 0);
        if (!isRecord) throw new SearchError('corrupt-index', `sticker ${i} of stickers.json is malformed`);
        if (emoji !== '') {
          const key = emojiKey(emoji);
          byEmoji.set(key, [...(byEmoji.get(key) ?? []), i]);
        }
        const packId = file.packs[pack]?.id ?? '';
        return { id, emoji, pack: packId, common, art: { type: file.types[type] ?? '', offset, length } };
      },
    );
    const emoticons = new Map(Object.entries(file.emoticons).map(([text, i]) => [emoticonKey(text), i]));
    return { packs: file.packs, stickers, byEmoji, emoticons };
  } catch (cause) {
    if (cause instanceof SearchError) throw cause;
    throw new SearchError('corrupt-index', 'stickers.json is not readable');
  }
}
