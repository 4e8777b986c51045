import { artUrl, stillUrl } from '../art.ts';
import type { Art, Sticker } from '../types.ts';
import { h } from './dom.ts';

/** Artwork as an inert image, or the emoji itself where there is no artwork. */
export function picture({ emoji }: Sticker, art: Art | null): HTMLElement {
  const src = art === null ? null : artUrl(art);
  if (art === null || src === null) return h('span', { class: 'glyph', 'aria-hidden': 'true' }, emoji);
  return withStill(h('img', { class: 'art', alt: '', src, decoding: 'async', draggable: 'false' }), art);
}

/** The image of some artwork; of animated artwork with its first frame in place, while the person wants less motion. */
export function withStill(image: HTMLImageElement, art: Art): HTMLElement {
  const srcset = stillUrl(art);
  if (srcset === null) return image;
  return h('picture', {}, h('source', { media: '(prefers-reduced-motion:reduce)', srcset }), image);
}
