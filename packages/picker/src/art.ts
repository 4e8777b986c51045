import type { Art } from './types.ts';

/**
 * A data URL for an `<img>`, or null for a media type that is not shown. As an image, artwork is inert: its
 * scripts do not run, its references are not fetched, and its markup does not become part of the page.
 */
export function artUrl({ type, data }: Art): string | null {
  if (type === 'image/svg+xml') return `data:image/svg+xml,${encodeURIComponent(data)}`;
  if (type === 'image/webp' && /^[A-Za-z0-9+/]*={0,2}$/.test(data)) return `data:image/webp;base64,${data}`;
  return null;
}
