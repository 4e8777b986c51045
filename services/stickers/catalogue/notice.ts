import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { OwnPack } from './own.ts';

const require = createRequire(import.meta.url);

/** The sources of art and words, with their licences and the attribution that they require. */
export const SOURCES = {
  'fluent-emoji-3d': {
    what: 'drawings: Fluent Emoji (3D), Microsoft, by way of @lobehub/fluent-emoji-3d; made smaller and encoded again',
    licence: 'MIT',
    text: () => own('fluent-emoji.txt'),
  },
  'fluent-emoji-flat': {
    what: 'drawings: Fluent Emoji (flat), Microsoft, by way of @iconify-json/fluent-emoji-flat',
    licence: 'MIT',
    text: () => own('fluent-emoji.txt'),
  },
  noto: {
    what: 'drawings: Noto Emoji, Google, by way of @iconify-json/noto',
    licence: 'Apache-2.0',
    text: () => own('Apache-2.0.txt'),
  },
  openmoji: {
    what: 'drawings, names and keywords: OpenMoji (openmoji.org), the authors named below; cleaned and minified',
    licence: 'CC-BY-SA-4.0',
    text: () => from('openmoji/package.json', 'LICENSE.txt'),
  },
  cldr: {
    what: 'names and keywords: Unicode CLDR, by way of cldr-annotations-full and cldr-localenames-full; indexed',
    licence: 'Unicode-3.0',
    text: () => from('cldr-annotations-full/package.json', 'LICENSE'),
  },
  meaning: {
    what: 'words and the stickers nearest to them in meaning (meaning/README.md): words by wordfreq, nearness by sentence encoders of Google (Apache-2.0), Microsoft (MIT) and sentence-transformers (Apache-2.0)',
    licence: 'CC-BY-SA-4.0',
    text: () => from('openmoji/package.json', 'LICENSE.txt'),
  },
  emojibase: {
    what: 'order, groups and formal names: emojibase-data, from the Unicode Standard',
    licence: 'MIT',
    text: () => from('emojibase-data/package.json', 'LICENSE'),
  },
} as const;

const own = (name: string): string => readFileSync(path.join(import.meta.dirname, 'licences', name), 'utf8');
const from = (anchor: string, name: string): string =>
  readFileSync(path.join(path.dirname(require.resolve(anchor)), name), 'utf8');

export interface NoticeRow {
  readonly path: string;
  readonly source: string;
  readonly note: string;
}

/** The text that accompanies the catalogue: every file with its licence, then the texts of the licences. */
export function notice(rows: readonly NoticeRow[], packs: readonly OwnPack[]): string {
  const licenceOf = (source: string): string =>
    (SOURCES as Record<string, { licence: string }>)[source]?.licence ??
    packs.find(({ id }) => id === source)?.licence ??
    'MIT';
  const sources = Object.entries(SOURCES).map(([id, { what, licence }]) => `${id}: ${licence}\n    ${what}`);
  const owned = packs.map(({ id, licence, attribution }) => `${id}: ${licence}\n    ${attribution}`);
  const table = rows.map(({ path: file, source, note }) =>
    [file, licenceOf(source), source, note].join('\t').trimEnd(),
  );
  const texts = Object.entries(SOURCES).map(
    ([id, { licence, text }]) => `${'='.repeat(78)}\n${id} (${licence})\n\n${text().trim()}\n`,
  );
  return [
    'This catalogue is made of the works below. Drawings were cleaned and minified.\n',
    [...sources, ...owned].join('\n'),
    '\nEvery file: path, licence, source, and what it shows or who drew it.\n',
    table.join('\n'),
    '',
    ...texts,
  ].join('\n');
}
