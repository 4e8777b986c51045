import { createHash } from 'node:crypto';

type Body = string | Uint8Array;

/** The value of an `integrity` attribute (W3C Subresource Integrity). */
export const integrityOf = (body: Body): string =>
  `sha384-${createHash('sha384').update(body).digest('base64')}`;

/** A WAICT integrity manifest, at a path that names its content. */
export interface Manifest {
  readonly path: string;
  readonly body: string;
}

/**
 * The manifest of these files by path: their SHA-256, then an empty line where a transparency proof would stand. With
 * `max-age=0` no proof is needed, and the browser checks each load by itself.
 */
export function integrityManifest(files: ReadonlyMap<string, Body>): Manifest {
  const hashes = Object.fromEntries(
    [...files]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([url, body]) => [url, createHash('sha256').update(body).digest('base64')]),
  );
  const body = `${JSON.stringify({ hashes, wasm_hashes: [] })}\n\n`;
  const name = createHash('sha256').update(body).digest('hex');
  return { path: `/waict-${name}.json`, body };
}

/** The header that names a manifest (text of April 2026). It reports and does not block yet. */
export const manifestHeader = ({ path }: Manifest): string => `max-age=0, mode=report, manifest="${path}"`;

/** Adds the integrity of each script and style that the HTML loads from these files. */
export function withIntegrity(html: string, files: ReadonlyMap<string, Body>): string {
  return html.replaceAll(/ (?:src|href)="(\/[^"]+)"/g, (attribute, url: string) => {
    const body = files.get(url);
    return body === undefined ? attribute : `${attribute} integrity="${integrityOf(body)}"`;
  });
}
