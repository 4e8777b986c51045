import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build as bundle } from 'esbuild';
import type { Pack, StickersFile } from '../src/engine/table.ts';
import { type Art, artOf } from './art.ts';
import { commonness } from './common.ts';
import { coreDrawings, type Drawing, standardEmoji } from './core.ts';
import { type Added, buildLanguages, type BuiltLanguage, KINDS } from './languages.ts';
import { notice, type NoticeRow } from './notice.ts';
import { type Extra, openmojiExtras } from './openmoji.ts';
import { type OwnPack, readOwnPack } from './own.ts';
import { PackError } from './xml.ts';

export const BUILT = path.join(import.meta.dirname, 'built');
/** Each folder in here with a pack.json is an operator's pack. */
export const PACKS = path.join(import.meta.dirname, 'packs');

export interface BuildOptions {
  readonly out?: string;
  /** Folders of operators' packs; by default those in catalogue/packs. */
  readonly packs?: readonly string[];
  /** Whether OpenMoji's extras are a pack. */
  readonly openmoji?: boolean;
  /** Told what is being done; lines for people. */
  readonly progress?: (line: string) => void;
  /** Kept in the manifest, to know whether sources have changed since. */
  readonly stamp?: string;
}

export interface Manifest {
  readonly format: 1;
  /** SHA-256, in hex, over the sorted lines `SHA-256 two spaces path newline` of all files. */
  readonly root: string;
  readonly stamp: string;
  readonly stickers: number;
  readonly packs: readonly (Pack & { readonly stickers: number })[];
  readonly languages: Readonly<
    Record<string, { readonly bytes: number; readonly locales: readonly string[] }>
  >;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

/**
 * Builds the catalogue from the installed packages: art, indexes, the search module for devices, notice,
 * manifest. Nothing is fetched; the same sources give the same bytes. The folder appears whole or not at all.
 *
 * @throws {PackError} when an operator's pack is refused
 */
export async function buildCatalogue(options: BuildOptions = {}): Promise<Manifest> {
  const { out = BUILT, packs = ownPacks(), openmoji = true, progress = () => {}, stamp = '' } = options;
  progress('reading drawings');
  const emoji = standardEmoji();
  const extras = openmoji ? openmojiExtras() : [];
  const own = packs.map(readOwnPack);
  const drawings: Drawing[] = [...coreDrawings(emoji), ...extras, ...own.flatMap((pack) => pack.drawings)];
  progress(`cleaning ${drawings.length} drawings`);
  const art = drawings.map(artOf);
  refuseTwins(art, drawings);
  const numbers = new Map(drawings.flatMap(({ key, pack }, i) => (pack === 'core' ? [[key, i]] : [])));
  const added = addedWords(drawings, extras, own);
  const languages = await buildLanguages({ numbers, stickers: drawings.length, added }, (count, of) => {
    if (count % 20 === 0 || count === of) progress(`indexed ${count} of ${of} languages`);
  });
  const described = describePacks(own, openmoji);
  const table = stickersFile(described, drawings, art);
  const files = new Map<string, Uint8Array>([
    ['art.bin', concat(art.map(({ bytes }) => bytes))],
    ['stickers.json', new TextEncoder().encode(JSON.stringify(table))],
    ...languages.map(({ tag, bytes }): [string, Uint8Array] => [`index/${tag}.bin`, bytes]),
    ['engine.js', await engine()],
  ]);
  files.set('NOTICE', new TextEncoder().encode(notice(noticeRows(drawings, art, extras, languages), own)));
  files.set('catalogue.bin', archive(files));
  const manifest = manifestOf(files, described, drawings, languages, stamp);
  files.set('manifest.json', new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`));
  writeWhole(out, files);
  report(manifest, files, progress);
  return manifest;
}

function ownPacks(): string[] {
  if (!existsSync(PACKS)) return [];
  return readdirSync(PACKS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => path.join(PACKS, name))
    .toSorted();
}

function refuseTwins(art: readonly Art[], drawings: readonly Drawing[]): void {
  const seen = new Map<string, number>();
  art.forEach(({ id }, i) => {
    const other = drawings[seen.get(id) ?? -1];
    if (other !== undefined)
      throw new PackError(drawings[i]?.file ?? '', 0, `the same sticker as ${other.file}`);
    seen.set(id, i);
  });
}

function addedWords(drawings: readonly Drawing[], extras: readonly Extra[], own: readonly OwnPack[]): Added {
  const number = new Map(drawings.map(({ pack, key }, i) => [`${pack}/${key}`, i]));
  const words = (
    tag: string,
    id: string,
    name: string,
    keywords: readonly string[],
    hints: readonly string[] = [],
  ): Added => {
    const sticker = number.get(id) ?? 0;
    return [
      { tag, sticker, phrase: name, kind: KINDS.name },
      ...keywords.map((phrase) => ({ tag, sticker, phrase, kind: KINDS.keyword })),
      ...hints.map((phrase) => ({ tag, sticker, phrase, kind: KINDS.hint })),
    ];
  };
  return [
    ...extras.flatMap(({ key, name, keywords, group }) =>
      words('en', `openmoji/${key}`, name, keywords, group.split('-')),
    ),
    ...own.flatMap((pack) =>
      [...pack.words].flatMap(([key, locales]) =>
        [...locales].flatMap(([tag, { name, keywords }]) => words(tag, `${pack.id}/${key}`, name, keywords)),
      ),
    ),
  ];
}

function describePacks(own: readonly OwnPack[], openmoji: boolean): Pack[] {
  return [
    {
      id: 'core',
      name: 'Emoji',
      licence: 'MIT AND Apache-2.0',
      attribution: 'Fluent Emoji by Microsoft; Noto Emoji by Google',
    },
    ...(openmoji
      ? [
          {
            id: 'openmoji',
            name: 'OpenMoji extras',
            licence: 'CC-BY-SA-4.0',
            attribution: 'OpenMoji – the open-source emoji and icon project (openmoji.org), CC BY-SA 4.0',
          },
        ]
      : []),
    ...own.map(({ id, name, licence, attribution }) => ({ id, name, licence, attribution })),
  ];
}

function stickersFile(
  packs: readonly Pack[],
  drawings: readonly Drawing[],
  art: readonly Art[],
): StickersFile {
  const types = ['image/svg+xml', 'image/webp'];
  let offset = 0;
  return {
    format: 1,
    packs,
    types,
    stickers: drawings.map(({ emoji, pack }, i) => {
      const { id = '', type = '', bytes = new Uint8Array(0) } = art[i] ?? {};
      const at = offset;
      offset += bytes.length;
      const common = emoji === '' ? 0 : commonness(emoji);
      return [
        id,
        emoji,
        packs.findIndex((p) => p.id === pack),
        common,
        types.indexOf(type),
        at,
        bytes.length,
      ];
    }),
  };
}

function noticeRows(
  drawings: readonly Drawing[],
  art: readonly Art[],
  extras: readonly Extra[],
  languages: readonly BuiltLanguage[],
): NoticeRow[] {
  const authors = new Map(extras.map(({ key, name, author }) => [key, `${name}, by ${author}`]));
  return [
    ...drawings.map(({ key, emoji, source }, i) => ({
      path: `art.bin#${art[i]?.id}`,
      source,
      note: authors.get(key) ?? (emoji || key),
    })),
    ...languages.map(({ tag }) => ({ path: `index/${tag}.bin`, source: 'cldr', note: tag })),
    { path: 'stickers.json', source: 'emojibase', note: 'order of the standard' },
    { path: 'engine.js', source: 'sotto', note: 'the search module' },
  ];
}

/** The search module that devices load, the same code that the Worker runs. */
async function engine(): Promise<Uint8Array> {
  const { outputFiles } = await bundle({
    entryPoints: [path.join(import.meta.dirname, '../src/engine/index.ts')],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'silent',
  });
  return outputFiles[0]?.contents ?? new Uint8Array(0);
}

/** The files of which the Worker needs the bytes, in one (`src/archive.ts` opens it). */
function archive(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const kept = [...files].filter(([name]) => name === 'stickers.json' || name.startsWith('index/'));
  const parts = [varint(kept.length)];
  for (const [name, bytes] of kept) {
    const utf8 = new TextEncoder().encode(name);
    parts.push(varint(utf8.length), utf8, varint(bytes.length), bytes);
  }
  return concat(parts);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Uint8Array.of(...bytes, value);
}

const concat = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

function manifestOf(
  files: ReadonlyMap<string, Uint8Array>,
  packs: readonly Pack[],
  drawings: readonly Drawing[],
  languages: readonly BuiltLanguage[],
  stamp: string,
): Manifest {
  const listed = [...files].map(
    ([name, bytes]) => [name, { bytes: bytes.length, sha256: sha256(bytes) }] as const,
  );
  const lines = listed.map(([name, file]) => `${file.sha256}  ${name}\n`).toSorted();
  return {
    format: 1,
    root: sha256(lines.join('')),
    stamp,
    stickers: drawings.length,
    packs: packs.map((pack) => ({ ...pack, stickers: drawings.filter((d) => d.pack === pack.id).length })),
    languages: Object.fromEntries(
      languages.map(({ tag, locales, bytes }) => [tag, { bytes: bytes.length, locales }]),
    ),
    files: Object.fromEntries(listed),
  };
}

function writeWhole(out: string, files: ReadonlyMap<string, Uint8Array>): void {
  const draft = `${out}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(path.join(draft, 'index'), { recursive: true });
  for (const [name, bytes] of files) writeFileSync(path.join(draft, name), bytes);
  rmSync(out, { recursive: true, force: true });
  renameSync(draft, out);
}

function report(
  manifest: Manifest,
  files: ReadonlyMap<string, Uint8Array>,
  progress: (line: string) => void,
): void {
  const kib = (bytes: number): string => `${Math.round(bytes / 1024).toLocaleString('en')} KiB`;
  const line = (name: string, label: string): void => {
    const bytes = files.get(name) ?? new Uint8Array(0);
    progress(`${label}: ${kib(bytes.length)}, ${kib(gzipSync(bytes).length)} gzipped`);
  };
  for (const { id, stickers, licence } of manifest.packs)
    progress(`pack ${id}: ${stickers} stickers, ${licence}`);
  progress(
    `languages: ${Object.keys(manifest.languages).length} (${Object.keys(manifest.languages).join(' ')})`,
  );
  line('art.bin', 'art');
  line('catalogue.bin', 'indexes of all languages');
  line('index/en.bin', 'index of English');
  line('engine.js', 'search module');
  progress('words: Unicode CLDR, Unicode-3.0; order and groups: emojibase, MIT; all licences are in NOTICE');
  progress(`root: ${manifest.root}`);
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      pack: { type: 'string', multiple: true },
      'no-openmoji': { type: 'boolean' },
    },
  });
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    await buildCatalogue({
      ...(values.out === undefined ? {} : { out: path.resolve(values.out) }),
      ...(values.pack === undefined ? {} : { packs: values.pack }),
      openmoji: values['no-openmoji'] !== true,
      progress: print,
    });
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    process.stderr.write(`catalogue: ${error.message}\n`);
    process.exitCode = 1;
  }
}
