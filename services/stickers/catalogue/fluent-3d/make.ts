import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { encodeArchive } from '@sotto/sticker-search/format';
import { bare, flatArtwork, standardTones } from '../core.ts';
import { MOST_ART } from '../shrink.ts';
import { checkWebp } from '../webp.ts';

const SIDE = 128; // pixels: a cell shows 64 at double density
const QUALITY = 70;
const TONE = /[\u{1f3fb}-\u{1f3ff}]/u;
/** Flags of countries and regions: Microsoft has none, and the package does not name their author. */
const FLAG = /[\u{1f1e6}-\u{1f1ff}]|[\u{e0061}-\u{e007a}]/u;
/** Files that show a different emoji: 🐱 is the same picture as 😺. */
const WRONG = new Set(['🐱']);
/** SHA-256 over the sorted lines `SHA-256 two spaces name newline` of version 1.1.0. */
const SOURCE = 'fcd4785ee7114ef06703d90a4dbf97f8b5bc2aeaa3ea39e18b590e79453e0572';

/** `1f44d-1f3fb.webp` → 👍🏻, without variation selectors. */
const emojiOf = (file: string): string =>
  bare(
    String.fromCodePoint(
      ...path
        .basename(file, '.webp')
        .split('-')
        .map((hex) => parseInt(hex, 16)),
    ),
  );

/** The image at 128 pixels; at a lower quality where it is too large. */
export async function encode(source: Uint8Array, file: string): Promise<Uint8Array> {
  const image = sharp(source, { density: 288 }).resize(SIDE, SIDE, {
    fit: 'contain',
    background: { r: 0, g: 0, b: 0, alpha: 0 },
  });
  for (let quality = QUALITY; quality > 0; quality -= 5) {
    const bytes = new Uint8Array(await image.clone().webp({ quality, effort: 4 }).toBuffer());
    if (bytes.length > MOST_ART) continue;
    checkWebp(bytes, file);
    return bytes;
  }
  throw new Error(`${file}: larger than ${MOST_ART} bytes at every quality`);
}

/** The skin tones that 3D lacks, most of them of two people, as images of flat drawings: `source/emoji` → image. */
async function flatTones(tones: ReadonlyMap<string, Uint8Array>): Promise<Map<string, Uint8Array>> {
  const flat = flatArtwork();
  const images = new Map<string, Uint8Array>();
  for (const { emoji } of standardTones()) {
    const key = bare(emoji);
    const drawing = tones.has(key) ? null : flat(emoji, '');
    if (drawing === null) continue;
    images.set(`${drawing.source}/${key}`, await encode(Buffer.from(drawing.svg), drawing.file));
  }
  return images;
}

/** Encodes the folder `assets` of the package again, and writes one archive of stickers and one of skin tones. */
async function make(folder: string): Promise<void> {
  const files = readdirSync(folder).toSorted();
  const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
  const lines = files.map((name) => `${sha256(readFileSync(path.join(folder, name)))}  ${name}\n`);
  const digest = sha256(lines.join(''));
  if (digest !== SOURCE) throw new Error(`${folder} is not that of version 1.1.0: ${digest}`);
  const stickers = new Map<string, Uint8Array>();
  const tones = new Map<string, Uint8Array>();
  for (const file of files) {
    const emoji = emojiOf(file);
    if (FLAG.test(emoji) || WRONG.has(emoji)) continue;
    (TONE.test(emoji) ? tones : stickers).set(
      emoji,
      await encode(readFileSync(path.join(folder, file)), file),
    );
  }
  const archives = { stickers, tones, 'flat-tones': await flatTones(tones) };
  for (const [name, images] of Object.entries(archives)) {
    writeFileSync(path.join(import.meta.dirname, `${name}.bin`), encodeArchive(images));
    process.stdout.write(`${name}: ${images.size} images\n`);
  }
}

if (process.argv[1] === import.meta.filename) await make(path.resolve(process.argv[2] ?? 'assets'));
