import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Choice } from './build.ts';
import { gzipSync } from 'node:zlib';
import { build as bundle } from 'esbuild';
import { encodeArchive, type Pack } from '@sotto/sticker-search/format';
import type { Artwork } from './core.ts';
import type { BuiltLanguage } from './languages.ts';

const require = createRequire(import.meta.url);

export interface Manifest {
  readonly format: 1;
  /** SHA-256, in hex, over the sorted lines `SHA-256 two spaces path newline` of all files. */
  readonly root: string;
  /** A digest of its sources. */
  readonly stamp: string;
  /** The operator's choice, with which it is built again. */
  readonly choice?: Choice;
  readonly stickers: number;
  readonly packs: readonly (Pack & { readonly stickers: number })[];
  readonly languages: Readonly<
    Record<string, { readonly bytes: number; readonly locales: readonly string[] }>
  >;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

/** The search module that devices load, the same code that the Worker runs. */
export async function engine(): Promise<Uint8Array> {
  const { outputFiles } = await bundle({
    entryPoints: [require.resolve('@sotto/sticker-search')],
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

/** The files that the Worker needs, in one. */
export const archive = (files: ReadonlyMap<string, Uint8Array>): Uint8Array =>
  encodeArchive(
    new Map(
      [...files].filter(([name]) => /^(?:stickers\.json|related\.bin|(?:index|meaning)\/.*)$/.test(name)),
    ),
  );

/** Concatenates bytes. */
export const concat = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** The contents of the catalogue, and one digest over all of it. */
export function manifestOf(
  files: ReadonlyMap<string, Uint8Array>,
  packs: readonly Pack[],
  drawings: readonly Artwork[],
  languages: readonly BuiltLanguage[],
  { stamp, choice }: Pick<Manifest, 'stamp' | 'choice'>,
): Manifest {
  const listed = [...files].map(
    ([name, bytes]) => [name, { bytes: bytes.length, sha256: sha256(bytes) }] as const,
  );
  const lines = listed.map(([name, file]) => `${file.sha256}  ${name}\n`).toSorted();
  return {
    format: 1,
    root: sha256(lines.join('')),
    stamp,
    ...(choice && { choice }),
    stickers: drawings.length,
    packs: packs.map((pack) => ({ ...pack, stickers: drawings.filter((d) => d.pack === pack.id).length })),
    languages: Object.fromEntries(
      languages.map(({ tag, locales, bytes }) => [tag, { bytes: bytes.length, locales }]),
    ),
    files: Object.fromEntries(listed),
  };
}

/** Replaces the folder at once, so that no reader sees half of it, or leaves it as it was. */
export function writeWhole(out: string, files: ReadonlyMap<string, Uint8Array>): void {
  const draft = `${out}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  try {
    for (const [name, bytes] of files) {
      mkdirSync(path.dirname(path.join(draft, name)), { recursive: true });
      writeFileSync(path.join(draft, name), bytes);
    }
    writeFileSync(path.join(draft, '.assetsignore'), 'NOTICE\nengine.js\nfirst.json\n'); // files that the Worker does not read
    rmSync(out, { recursive: true, force: true });
    renameSync(draft, out);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Prints the result: counts, sizes, languages, licences. */
export function report(
  manifest: Manifest,
  files: ReadonlyMap<string, Uint8Array>,
  progress: (line: string) => void,
): void {
  const kib = (bytes: number): string => `${Math.round(bytes / 1024).toLocaleString('en')} KiB`;
  const line = (name: string, label: string): void => {
    const bytes = files.get(name);
    if (bytes === undefined) return;
    const squeezed = bytes.length > 1 << 22 ? '' : `, ${kib(gzipSync(bytes).length)} gzipped`;
    progress(`${label}: ${kib(bytes.length)}${squeezed}`);
  };
  for (const { id, stickers, licence } of manifest.packs)
    progress(`pack ${id}: ${stickers} stickers, ${licence}`);
  progress(
    `languages: ${Object.keys(manifest.languages).length} (${Object.keys(manifest.languages).join(' ')})`,
  );
  line('art.bin', 'art');
  line('tones.bin', 'skin tones');
  line('catalogue.bin', 'indexes of all languages');
  line('index/en.bin', 'index of English');
  line('meaning/en.bin', 'meanings of English words');
  line('first.json', 'first stickers, with their names in all languages');
  line('engine.js', 'search module');
  progress('words: Unicode CLDR, Unicode-3.0; order and groups: emojibase, MIT; all licences are in NOTICE');
  progress(`root: ${manifest.root}`);
}
