import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Artwork, readJson } from './core.ts';

const require = createRequire(import.meta.url);

interface Row {
  readonly hexcode: string;
  readonly group: string;
  readonly subgroups: string;
  readonly annotation: string;
  readonly openmoji_tags: string;
  readonly openmoji_author: string;
}

export interface Extra extends Artwork {
  readonly name: string;
  readonly keywords: readonly string[];
  readonly group: string;
  readonly author: string;
}

/** OpenMoji's drawings that are not emoji (private-use code points), without logos of brands. */
export function openmojiExtras(): Extra[] {
  return (readJson('openmoji/data/openmoji.json') as Row[])
    .filter(
      ({ hexcode, group, subgroups }) =>
        group === 'extras-openmoji' && /^E[0-9A-F]{3}$/.test(hexcode) && subgroups !== 'brand',
    )
    .map((row) => ({
      key: row.hexcode,
      emoji: '',
      pack: 'openmoji',
      source: 'openmoji',
      file: `openmoji/color/svg/${row.hexcode}.svg`,
      svg: readFileSync(require.resolve(`openmoji/color/svg/${row.hexcode}.svg`), 'utf8'),
      name: row.annotation,
      keywords: row.openmoji_tags
        .split(',')
        .map((tag) => tag.trim())
        .filter((tag) => tag !== ''),
      group: row.subgroups,
      author: row.openmoji_author,
    }));
}
