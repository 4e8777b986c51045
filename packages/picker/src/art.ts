import type { Art } from './types.ts';

/**
 * An address for an `<img>`. As an image a drawing is inert whatever it says: no script of it runs,
 * nothing it names is fetched, and none of its markup joins the page. Null for a type we do not show.
 */
export function artUrl({ type, data }: Art): string | null {
  if (type === 'image/svg+xml') return `data:image/svg+xml,${encodeURIComponent(data)}`;
  if (type === 'image/webp' && /^[A-Za-z0-9+/]*={0,2}$/.test(data)) return `data:image/webp;base64,${data}`;
  return null;
}
