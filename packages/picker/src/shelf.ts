import type { Mode, Sticker } from './types.ts';
import type { Tone } from './tone.ts';

export const MAX_RECENTS = 32;
export const MAX_FAVOURITES = 64;
const KEY = 'sotto-stickers';

/** What one person keeps, on this device alone: nothing here goes into a request. */
export interface Kept {
  readonly recents: readonly Sticker[];
  readonly favourites: readonly Sticker[];
  readonly tone: Tone;
  readonly mode: Mode | null;
}

/** `localStorage` fits. */
export interface DeviceStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export const NOTHING: Kept = { recents: [], favourites: [], tone: 0, mode: null };

/** Reads what was kept. Storage that is forbidden, full or holds something else counts as empty. */
export function readKept(storage: DeviceStorage | null): Kept {
  try {
    const kept = JSON.parse(storage?.getItem(KEY) ?? 'null') as Partial<Record<keyof Kept, unknown>> | null;
    if (kept === null || typeof kept !== 'object') return NOTHING;
    return {
      recents: stickers(kept.recents).slice(0, MAX_RECENTS),
      favourites: stickers(kept.favourites).slice(0, MAX_FAVOURITES),
      tone: [1, 2, 3, 4, 5].includes(kept.tone as number) ? (kept.tone as Tone) : 0,
      mode: kept.mode === 'device' || kept.mode === 'network' ? kept.mode : null,
    };
  } catch {
    return NOTHING;
  }
}

/** False where it cannot be kept (forbidden, or full): then it stays for as long as the page does. */
export function writeKept(storage: DeviceStorage | null, kept: Kept): boolean {
  try {
    storage?.setItem(KEY, JSON.stringify(kept));
    return storage !== null;
  } catch {
    return false;
  }
}

export function withRecent(kept: Kept, sticker: Sticker): Kept {
  const others = kept.recents.filter(({ id }) => id !== sticker.id);
  return { ...kept, recents: [plain(sticker), ...others].slice(0, MAX_RECENTS) };
}

export const isFavourite = (kept: Kept, sticker: Sticker): boolean =>
  kept.favourites.some(({ id }) => id === sticker.id);

export function toggleFavourite(kept: Kept, sticker: Sticker): Kept {
  const others = kept.favourites.filter(({ id }) => id !== sticker.id);
  if (others.length < kept.favourites.length) return { ...kept, favourites: others };
  return { ...kept, favourites: [plain(sticker), ...others].slice(0, MAX_FAVOURITES) };
}

/** Without `matched`: that is a word of a search, and a search is not kept. */
const plain = ({ id, name, emoji, pack, art }: Sticker): Sticker => ({
  id,
  name,
  emoji,
  pack,
  ...(art && { art }),
});

function stickers(value: unknown): Sticker[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isSticker).map(plain);
}

function isSticker(value: unknown): value is Sticker {
  const { id, name, emoji, pack, art } = (value ?? {}) as Record<keyof Sticker, unknown>;
  const text = [id, name, emoji, pack].every((field) => typeof field === 'string');
  if (!text || art === undefined) return text;
  const { type, data } = (art ?? {}) as Record<string, unknown>;
  return typeof type === 'string' && typeof data === 'string';
}
