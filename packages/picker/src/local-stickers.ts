import type { CustomSticker, Group, PersonalPack, Sticker } from './types.ts';

export const PERSONAL_PACK = 'mine';
const CUSTOM_GROUP = 'custom';

interface Entry {
  readonly sticker: Sticker;
  readonly group: string;
  readonly words: readonly string[];
}

/**
 * Stickers that only this page has: those that it adds at run time, and those that the person added on this device.
 * They are searched here, and neither they nor their names are sent anywhere.
 */
export class LocalStickers {
  #custom: readonly Entry[] = [];
  #personal: readonly Entry[] = [];

  setCustom(stickers: readonly CustomSticker[]): void {
    this.#custom = stickers.map((sticker) => entryOf(sticker, CUSTOM_GROUP));
  }

  setPersonal(packs: readonly PersonalPack[]): void {
    this.#personal = packs.flatMap(({ stickers }) =>
      stickers.map((sticker) => entryOf(sticker, PERSONAL_PACK)),
    );
  }

  /** The stickers that the person added. */
  get personal(): readonly Sticker[] {
    return this.#personal.map(({ sticker }) => sticker);
  }

  /** The stickers for which every word of the query begins a word of the name or a keyword. */
  search(query: string): readonly Sticker[] {
    const wanted = wordsOf(query);
    if (wanted.length === 0) return [];
    return [...this.#personal, ...this.#custom]
      .filter(({ words }) => wanted.every((part) => words.some((word) => matches(word, part))))
      .map(({ sticker }) => sticker);
  }

  /** One group for each group name of the page's stickers, in the order in which the page lists them. */
  get groups(): readonly Group[] {
    const groups = new Map<string, Sticker[]>();
    for (const { group, sticker } of this.#custom) groups.set(group, [...(groups.get(group) ?? []), sticker]);
    return [...groups].map(([id, stickers]) => ({ id, stickers, ...(id !== CUSTOM_GROUP && { name: id }) }));
  }
}

function entryOf({ id, name, art, emoji = '', keywords = [], group }: CustomSticker, pack: string): Entry {
  const words = [name, ...keywords].flatMap(wordsOf);
  return { sticker: { id, name, emoji, pack, art }, group: group ?? CUSTOM_GROUP, words };
}

/** Words in lower case, without accents. */
const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? [];

/** Languages without spaces between words match anywhere. */
const matches = (word: string, part: string): boolean =>
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(part)
    ? word.includes(part)
    : word.startsWith(part);
