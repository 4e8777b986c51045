import { isSticker } from './sticker.ts';
import type { Mode, Sticker } from './types.ts';
import type { Tone } from './tone.ts';

export const MAX_RECENTS = 32;
export const MAX_FAVOURITES = 64;
export const MAX_USED = 32;
const MAX_COUNT = 64; // all counts are halved at this count, so that old habits fade
const KEY = 'sotto-stickers';

/**
 * The data that the picker stores for one person. It stays on this device: nothing here goes into a request.
 */
export interface PersonalData {
  readonly recents: readonly Sticker[]; // newest first
  readonly favourites: readonly Sticker[];
  readonly used: readonly UsedSticker[]; // most used first
  readonly tone: Tone;
  readonly mode: Mode | null; // null: the person has not chosen
}

/** A sticker, and how often it was used. */
export interface UsedSticker {
  readonly sticker: Sticker;
  readonly count: number;
}

/** The part of the Web Storage API that the picker needs. `localStorage` fits. */
export interface DeviceStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export const EMPTY: PersonalData = { recents: [], favourites: [], used: [], tone: 0, mode: null };

/** Personal data and the storage that it is saved in. */
export class PersonalStore {
  #storage: DeviceStorage | null = null;
  #data = EMPTY;
  #saved = true;
  #early: ((data: PersonalData) => PersonalData)[] | null = []; // changes made before the first `open`

  get data(): PersonalData {
    return this.#data;
  }

  /** Reads from this storage and saves to it from now on. */
  open(storage: DeviceStorage | null): void {
    this.#storage = storage;
    this.#data = readPersonalData(storage);
    const early = this.#early ?? [];
    this.#early = null;
    for (const change of early) this.change(change);
  }

  /** Applies a change to what is stored now, because another tab may have changed it too. */
  change(change: (data: PersonalData) => PersonalData): void {
    this.#data = change(this.#saved ? readPersonalData(this.#storage) : this.#data);
    this.#saved = writePersonalData(this.#storage, this.#data);
    this.#early?.push(change);
  }
}

/** Reads personal data. Storage that is forbidden, or holds anything else, counts as empty. */
export function readPersonalData(storage: DeviceStorage | null): PersonalData {
  try {
    const data = JSON.parse(storage?.getItem(KEY) ?? 'null') as Partial<
      Record<keyof PersonalData, unknown>
    > | null;
    if (data === null || typeof data !== 'object') return EMPTY;
    return {
      recents: parseStickers(data.recents).slice(0, MAX_RECENTS),
      favourites: parseStickers(data.favourites).slice(0, MAX_FAVOURITES),
      used: parseUsed(data.used).slice(0, MAX_USED),
      tone: [1, 2, 3, 4, 5].includes(data.tone as number) ? (data.tone as Tone) : 0,
      mode: data.mode === 'device' || data.mode === 'network' ? data.mode : null,
    };
  } catch {
    return EMPTY;
  }
}

/** Returns false if the storage is forbidden or full. The data then lives as long as the page. */
export function writePersonalData(storage: DeviceStorage | null, data: PersonalData): boolean {
  try {
    storage?.setItem(KEY, JSON.stringify(data));
    return storage !== null;
  } catch {
    return false;
  }
}

/** Puts a sticker first among the recents and counts its use. */
export function recordUse(data: PersonalData, sticker: Sticker): PersonalData {
  const stored = storedSticker(sticker);
  const others = data.recents.filter(({ id }) => id !== sticker.id);
  return { ...data, recents: [stored, ...others].slice(0, MAX_RECENTS), used: countUse(data.used, stored) };
}

/** Of two stickers with the same count, the one that was used last comes first. */
function countUse(used: readonly UsedSticker[], sticker: Sticker): UsedSticker[] {
  const before = used.find((one) => one.sticker.id === sticker.id)?.count ?? 0;
  const others = used.filter((one) => one.sticker.id !== sticker.id).slice(0, MAX_USED - 1);
  const all = [{ sticker, count: before + 1 }, ...others].toSorted((a, b) => b.count - a.count);
  if (before + 1 < MAX_COUNT) return all;
  return all.map((one) => ({ ...one, count: Math.ceil(one.count / 2) }));
}

export const isFavourite = (data: PersonalData, sticker: Sticker): boolean =>
  data.favourites.some(({ id }) => id === sticker.id);

/** Adds a sticker to the favourites, or removes it. */
export function toggleFavourite(data: PersonalData, sticker: Sticker): PersonalData {
  const others = data.favourites.filter(({ id }) => id !== sticker.id);
  if (others.length < data.favourites.length) return { ...data, favourites: others };
  return { ...data, favourites: [storedSticker(sticker), ...others].slice(0, MAX_FAVOURITES) };
}

/** The fields that are stored. `matched` is left out: it is a word of a search, and searches are not stored. */
const storedSticker = ({ id, name, emoji, pack, art }: Sticker): Sticker => ({
  id,
  name,
  emoji,
  pack,
  ...(art && { art }),
});

function parseUsed(value: unknown): UsedSticker[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown) => {
    const { sticker, count } = (one ?? {}) as Record<keyof UsedSticker, unknown>;
    if (!isSticker(sticker) || typeof count !== 'number' || !(count >= 1)) return [];
    return [{ sticker: storedSticker(sticker), count }];
  });
}

function parseStickers(value: unknown): Sticker[] {
  return Array.isArray(value) ? value.filter(isSticker).map(storedSticker) : [];
}
