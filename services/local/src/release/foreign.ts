import { foreignIn, textIn } from '../../../stickers/catalogue/foreign.ts';

/** The first entry of a folder that no release has there, by the folder's list of checksums, or null. */
export function foreignToRelease(folder: string): string | null {
  const files = textIn(folder, 'SHA256SUMS')
    .split('\n')
    .map((line) => line.replace(/^[0-9a-f]{64} {2}/, ''));
  return foreignIn(folder, [...files, 'SHA256SUMS']);
}
