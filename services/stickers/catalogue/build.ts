import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Art, artOf } from './art.ts';
import { coreArtwork, type Artwork, standardEmoji, tonedArtwork } from './core.ts';
import { encodeNeighbours } from './meaning.ts';
import { emoticons } from './emoticons.ts';
import { foreignToCatalogue } from './foreign.ts';
import { firstStickers } from './first.ts';
import { archive, concat, engine, type Manifest, manifestOf, report, writeWhole } from './files.ts';
import { buildLanguages, type BuiltLanguage } from './languages.ts';
import { notice } from './notice.ts';
import { openmojiExtras } from './openmoji.ts';
import { type OwnPack, readOwnPack } from './own.ts';
import { PACKS, stampOf } from './stamp.ts';
import { addedWords, describePacks, noticeRows, stickersFile } from './tables.ts';
import { tonesFile } from './tones.ts';
import { PackError } from './error.ts';

export const BUILT = path.join(import.meta.dirname, 'built');

/** The contents of a catalogue that an operator can choose. */
export interface Choice {
  /** Folders of operators' packs; by default those in catalogue/packs. */
  readonly packs?: readonly string[];
  /** Whether OpenMoji's extras are a pack. */
  readonly openmoji?: boolean;
  /** Languages to index; by default all for which CLDR has enough names. English is always included. */
  readonly languages?: readonly string[];
}

export interface BuildOptions extends Choice {
  readonly out?: string;
  /** Called with lines for people about the progress. */
  readonly progress?: (line: string) => void;
  /** Stored in the manifest, so that a change of the sources is noticed. */
  readonly stamp?: string;
}

/**
 * Builds the catalogue from the installed packages: art, indexes, the search module for devices, notice,
 * manifest. Nothing is fetched; the same sources give the same bytes. The folder is replaced as a whole or
 * not at all.
 *
 * @throws {PackError} when an operator's pack is refused
 */
export async function buildCatalogue(options: BuildOptions = {}): Promise<Manifest> {
  const { out = BUILT, packs = ownPacks(), openmoji = true, progress = () => {}, stamp = '' } = options;
  const wanted = options.languages;
  progress('reading drawings');
  const emoji = standardEmoji();
  const extras = openmoji ? openmojiExtras() : [];
  const own = packs.map(readOwnPack);
  const drawings: Artwork[] = [
    ...coreArtwork(emoji, openmoji),
    ...extras,
    ...own.flatMap((pack) => pack.drawings),
  ];
  const numbers = new Map(drawings.flatMap(({ key, pack }, i) => (pack === 'core' ? [[key, i]] : [])));
  const added = addedWords(drawings, extras, own);
  const ownArt = own.flatMap((pack) => pack.drawings.map(artOf)); // processed first, so that a refused pack fails at once
  const job = { numbers, stickers: drawings.length, added };
  const indexing = buildLanguages(job, wanted, (count, of) => {
    if (count % 20 === 0 || count === of) progress(`indexed ${count} of ${of} languages`);
  });
  progress(`cleaning ${drawings.length} drawings`);
  const art = [...drawings.slice(0, drawings.length - ownArt.length).map(artOf), ...ownArt];
  const toned = tonedArtwork().map((drawing) => ({ drawing, art: artOf(drawing) }));
  refuseTwins(
    [...art, ...toned.map((tone) => tone.art)],
    [...drawings, ...toned.map(({ drawing }) => drawing)],
  );
  const languages = await indexing;
  refuseUnknownLanguages(own, languages);
  const described = describePacks(own, openmoji);
  const table = stickersFile(described, drawings, art, emoticons(numbers));
  const files = new Map<string, Uint8Array>([
    ['art.bin', concat(art.map(({ bytes }) => bytes))],
    ['tones.bin', concat(toned.map((tone) => tone.art.bytes))],
    ['tones.json', new TextEncoder().encode(JSON.stringify(tonesFile(drawings, art, toned)))],
    ['stickers.json', new TextEncoder().encode(JSON.stringify(table))],
    ...languages.map(({ tag, bytes }): [string, Uint8Array] => [`index/${tag}.bin`, bytes]),
    ...languages.flatMap(({ tag, meaning }): [string, Uint8Array][] =>
      meaning === null ? [] : [[`meaning/${tag}.bin`, meaning]],
    ),
    ['related.bin', encodeNeighbours(drawings, numbers)],
    ['engine.js', await engine()],
  ]);
  files.set('first.json', firstStickers(files));
  files.set(
    'NOTICE',
    new TextEncoder().encode(notice(noticeRows({ drawings, art, toned, extras, languages }), own)),
  );
  files.set('catalogue.bin', archive(files));
  const choice = choiceOf(options);
  const manifest = manifestOf(files, described, drawings, languages, { stamp, ...(choice && { choice }) });
  files.set('manifest.json', new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`));
  writeWhole(out, files);
  report(manifest, files, progress);
  return manifest;
}

/**
 * The operator's choice, which is stored in the manifest; null for the defaults. Paths of packs are relative
 * to the catalogue, so that both can be moved together.
 */
function choiceOf({ packs, openmoji, languages, out = BUILT }: BuildOptions): Choice | null {
  const choice = {
    ...(packs && {
      packs: packs.map((pack) => path.relative(out, path.resolve(pack)).replaceAll(path.sep, '/')),
    }),
    ...(openmoji === false && { openmoji }),
    ...(languages && { languages }),
  };
  return Object.keys(choice).length === 0 ? null : choice;
}

function refuseUnknownLanguages(own: readonly OwnPack[], languages: readonly BuiltLanguage[]): void {
  const known = new Set(languages.map(({ tag }) => tag));
  for (const { file, words } of own) {
    for (const [sticker, called] of words) {
      const other = [...called.keys()].find((tag) => !known.has(tag));
      if (other !== undefined)
        throw new PackError(file, 0, `${sticker} is named in "${other}", which has no index`);
    }
  }
}

function ownPacks(): string[] {
  if (!existsSync(PACKS)) return [];
  return readdirSync(PACKS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => path.join(PACKS, name))
    .toSorted();
}

function refuseTwins(art: readonly Art[], drawings: readonly Artwork[]): void {
  const seen = new Map<string, number>();
  art.forEach(({ id }, i) => {
    const other = drawings[seen.get(id) ?? -1];
    if (other !== undefined)
      throw new PackError(drawings[i]?.file ?? '', 0, `the same sticker as ${other.file}`);
    seen.set(id, i);
  });
}

const USAGE = `Usage: npm run catalogue -- [--out DIR] [--pack DIR]… [--language L]… [--no-openmoji]

Builds stickers, indexes and licences from npm packages, and from packs of one's own: folders with a pack.json.`;

/** The flags of the command. A wrong one ends the process with a line that names it. */
function flags() {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    process.exit(0);
  }
  try {
    return parseArgs({
      options: {
        out: { type: 'string' },
        pack: { type: 'string', multiple: true },
        language: { type: 'string', multiple: true },
        'no-openmoji': { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`catalogue: ${(error as Error).message.split('\n')[0]}\n\n${USAGE}\n`);
    return process.exit(2);
  }
}

/** The folder that a person named. @throws {PackError} if it has something that is no part of a catalogue */
function replaceable(named: string): string {
  const out = path.resolve(named);
  const foreign = foreignToCatalogue(out);
  if (foreign === null) return out;
  throw new PackError(out, 0, `${foreign} is no part of a catalogue. Name a new or an empty folder`);
}

if (process.argv[1] === import.meta.filename) {
  const values = flags();
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    await buildCatalogue({
      ...(values.out === undefined ? {} : { out: replaceable(values.out) }),
      ...(values.pack === undefined ? {} : { packs: values.pack }),
      ...(values.language === undefined ? {} : { languages: values.language }),
      openmoji: values['no-openmoji'] !== true,
      progress: print,
      stamp: stampOf(values.pack),
    });
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    process.stderr.write(`catalogue: ${error.message}\n`);
    process.exitCode = 1;
  }
}
