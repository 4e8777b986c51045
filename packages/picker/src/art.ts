import { isHarmlessSvg } from './svg-guard.ts';
import type { Art } from './types.ts';
import { isHarmlessWebp } from './webp-guard.ts';
import { stillWebp } from './webp-still.ts';

/**
 * A data URL for an `<img>`, or null for artwork that is not shown: a type other than SVG and
 * WebP, or an image that would take long to draw. As an image, artwork is inert: its
 * scripts do not run, its references are not fetched, and its markup does not become part of the page.
 */
export function artUrl({ type, data }: Art): string | null {
  if (type === 'image/svg+xml' && isHarmlessSvg(data))
    return `data:image/svg+xml,${encodeURIComponent(data)}`;
  if (type === 'image/webp' && isHarmlessWebp(data)) return `data:image/webp;base64,${data}`;
  return null;
}

/** A data URL of the first frame of artwork that is animated, for people who want less motion; null for other artwork. */
export function stillUrl(art: Art): string | null {
  const still = art.type === 'image/webp' && artUrl(art) !== null ? stillWebp(art.data) : null;
  return still && `data:image/webp;base64,${still}`;
}
