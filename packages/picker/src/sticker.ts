import type { Sticker } from './types.ts';

/** Whether a value from storage or from the network is a sticker that can be shown. */
export function isSticker(value: unknown): value is Sticker {
  const { id, name, emoji, pack, matched, art } = (value ?? {}) as Record<keyof Sticker, unknown>;
  if (![id, name, emoji, pack].every((field) => typeof field === 'string')) return false;
  if (!['undefined', 'string'].includes(typeof (matched ?? undefined))) return false;
  if (art === undefined) return true;
  const { type, data } = (art ?? {}) as Record<string, unknown>;
  return typeof type === 'string' && typeof data === 'string';
}
