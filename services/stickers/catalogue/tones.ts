import type { Art } from './art.ts';
import type { Artwork, TonedArtwork } from './core.ts';

/** `tones.json`: where the skin tones of stickers are in `tones.bin`. */
export interface TonesFile {
  readonly format: 1;
  readonly types: readonly string[];
  /** The id of a sticker → its skin tones, light to dark, those of two people last: [id, emoji, type, offset, length]. */
  readonly tones: Readonly<Record<string, readonly (readonly [string, string, number, number, number])[]>>;
}

const TYPES = ['image/svg+xml', 'image/webp'];

/** A skin tone of a sticker. */
export interface SkinTone {
  readonly drawing: TonedArtwork;
  readonly art: Art;
}

/**
 * The table of skin tones, in the order of their art.
 *
 * @param stickers - with `art` in the same order
 */
export function tonesFile(
  stickers: readonly Artwork[],
  art: readonly Art[],
  toned: readonly SkinTone[],
): TonesFile {
  const ids = new Map(
    stickers.flatMap(({ pack, key }, i) => (pack === 'core' ? [[key, art[i]?.id ?? '']] : [])),
  );
  const tones: Record<string, (readonly [string, string, number, number, number])[]> = {};
  let offset = 0;
  for (const { drawing, art: own } of toned) {
    const { length } = own.bytes;
    const row = [own.id, drawing.emoji, TYPES.indexOf(own.type), offset, length] as const;
    (tones[ids.get(drawing.base) ?? ''] ??= []).push(row);
    offset += length;
  }
  return { format: 1, types: TYPES, tones };
}
