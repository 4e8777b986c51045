import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Each folder in it with a pack.json is an operator's pack. */
export const PACKS = path.join(import.meta.dirname, 'packs');

const MODULES = path.resolve(import.meta.dirname, '../../../node_modules');
const ENGINE = path.dirname(createRequire(import.meta.url).resolve('@sotto/sticker-search'));
const SOURCES = [
  '@iconify-json/fluent-emoji-flat',
  '@iconify-json/noto',
  'cldr-annotations-full',
  'cldr-localenames-full',
  'emojibase-data',
  'jsonc-parser',
  'openmoji',
  'saxes',
  'svgo',
  'pinyin-pro',
  'wanakana',
];

/**
 * A digest of the sources of the catalogue: our code, the packages' versions, operators' packs.
 *
 * @param packs - folders of packs elsewhere
 */
export function stampOf(packs: readonly string[] = []): string {
  const hash = createHash('sha256');
  for (const name of SOURCES) hash.update(`${name} ${versionOf(name)}\n`);
  const here = import.meta.dirname;
  const code = [
    here,
    path.join(here, 'words'),
    path.join(here, 'meaning'),
    path.join(here, 'fluent-3d'),
    ENGINE,
  ].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\.(?:ts|txt|gz|bin)$/.test(name))
      .map((name) => path.join(folder, name)),
  );
  const own = [PACKS, ...packs]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name)),
    );
  for (const file of [...code, ...own].toSorted((a, b) => (a < b ? -1 : 1))) {
    if (statSync(file).isFile()) hash.update(`${path.basename(file)}\n`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

const versionOf = (name: string): string =>
  (JSON.parse(readFileSync(path.join(MODULES, name, 'package.json'), 'utf8')) as { version: string }).version;
