import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { artOf } from '../catalogue/art.ts';
import { parseLocated } from '../catalogue/json.ts';
import { readOwnPack } from '../catalogue/own.ts';
import { checkWebp } from '../catalogue/webp.ts';
import { PackError } from '../catalogue/error.ts';

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>';

/** A lossless WebP of one size, header and padding only. `change` is applied last. */
export function webp(
  width = 64,
  height = 64,
  length = 40,
  change: (bytes: Uint8Array) => void = () => {},
): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('RIFF'), 0);
  view.setUint32(4, length - 8, true);
  bytes.set(new TextEncoder().encode('WEBPVP8L'), 8);
  view.setUint32(16, length - 20, true);
  bytes[20] = 0x2f;
  view.setUint32(21, (width - 1) | ((height - 1) << 14), true);
  change(bytes);
  return bytes;
}

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pack-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: string | Uint8Array): void =>
  writeFileSync(path.join(folder, name), content);
const sticker = { file: 'otter.svg', name: 'happy otter', keywords: ['river'], emoji: '🦦' };
const manifest = (more: object = {}, stickers: unknown = [sticker]): string =>
  JSON.stringify(
    { id: 'acme', name: 'ACME', licence: 'CC0-1.0', attribution: 'ACME', stickers, ...more },
    null,
    1,
  );

describe("an operator's pack", () => {
  test('is read with its names in every language', () => {
    write('otter.svg', SVG);
    write('wave.webp', webp());
    const es = { name: 'nutria feliz', keywords: ['río'] };
    write(
      'pack.json',
      manifest({}, [
        { ...sticker, locales: { es } },
        { file: 'wave.webp', name: 'wave' },
      ]),
    );
    const pack = readOwnPack(folder);
    expect(pack.drawings.map(({ key, emoji }) => [key, emoji])).toEqual([
      ['otter.svg', '🦦'],
      ['wave.webp', ''],
    ]);
    expect(pack.words.get('otter.svg')?.get('es')).toEqual(es);
    expect(pack.drawings.map((drawing) => artOf(drawing).type)).toEqual(['image/svg+xml', 'image/webp']);
  });

  const faults: readonly [what: string, manifest: string, message: RegExp][] = [
    ['no JSON', '{"id": "acme",\n "name": }', /pack\.json:2: not JSON: ValueExpected/],
    ['a name twice', '{"id": "a",\n"id": "b"}', /pack\.json:2: "id" stands twice/],
    ['cut short', '{"id": "acme"', /pack\.json:1: not JSON: CloseBraceExpected/],
    ['an unknown member', manifest({ price: 1 }), /pack\.json:1: "price" is not known/],
    ['a reserved id', manifest({ id: 'core' }), /"id" is not a free name/],
    ['an id with a path', manifest({ id: '../x' }), /"id" is not a free name/],
    ['no licence', manifest({ licence: '' }), /"licence" is missing or empty/],
    ['no stickers', manifest({}, []), /"stickers" is not a list/],
    ['a sticker that is not an object', manifest({}, ['otter.svg']), /a sticker is not an object/],
    ['a sticker without a name', manifest({}, [{ file: 'otter.svg' }]), /pack\.json:7: "name" is missing/],
    [
      'a name of two lines',
      manifest({}, [{ ...sticker, name: 'a\nb' }]),
      /"name" is longer .* or has control/,
    ],
    [
      'a file elsewhere',
      manifest({}, [{ ...sticker, file: '../../etc/passwd.svg' }]),
      /"file" is not the name/,
    ],
    ['a file of another kind', manifest({}, [{ ...sticker, file: 'otter.gif' }]), /"file" is not the name/],
    [
      'a file that is not there',
      manifest({}, [{ ...sticker, file: 'seal.svg' }]),
      /pack\.json:7: seal\.svg is not in/,
    ],
    ['a file twice', manifest({}, [sticker, sticker]), /otter\.svg stands twice/],
    ['an emoji that is text', manifest({}, [{ ...sticker, emoji: 'otter' }]), /"emoji" is not one emoji/],
    ['two emoji', manifest({}, [{ ...sticker, emoji: '🦦🦦' }]), /"emoji" is not one emoji/],
    [
      'a region',
      manifest({}, [{ ...sticker, locales: { 'es-MX': { name: 'x' } } }]),
      /"es-MX" is not a language/,
    ],
    [
      'a keyword that is empty',
      manifest({}, [{ ...sticker, keywords: [1] }]),
      /a keyword is missing or empty/,
    ],
    ['too many keywords', manifest({}, [{ ...sticker, keywords: Array(33).fill('a') }]), /at most 32/],
  ];
  test.each(faults)('%s is refused with file and line', (_, text, message) => {
    write('otter.svg', SVG);
    write('pack.json', text);
    expect(() => readOwnPack(folder)).toThrow(PackError);
    expect(() => readOwnPack(folder)).toThrow(message);
  });

  test('a drawing that the manifest does not name is refused', () => {
    write('otter.svg', SVG);
    write('seal.svg', SVG);
    write('pack.json', manifest());
    expect(() => readOwnPack(folder)).toThrow('seal.svg is in the folder and not in "stickers"');
  });

  test('a folder without a manifest, and a manifest that is not UTF-8', () => {
    expect(() => readOwnPack(folder)).toThrow(/pack\.json: is not there/);
    write('pack.json', Uint8Array.of(0x7b, 0xff, 0x7d));
    expect(() => readOwnPack(folder)).toThrow(/pack\.json: is not UTF-8/);
  });

  test('an object has the line where it begins', () => {
    const { value, lineOf } = parseLocated('{\n "a": [\n  {"b": 1},\n  {}\n ]\n}', 'x.json');
    const { a } = value as { a: [object, object] };
    expect([lineOf(value), ...a.map((object) => lineOf(object as never))]).toEqual([1, 3, 4]);
  });
});

/** Bytes of a chunk, padded to an even length. */
const chunk = (name: string, ...data: readonly (Uint8Array | readonly number[])[]): Uint8Array => {
  const body = Buffer.concat(data.map((part) => Uint8Array.from(part)));
  const header = Buffer.from(`${name}0000`);
  header.writeUInt32LE(body.length, 4);
  return new Uint8Array(Buffer.concat([header, body, Buffer.alloc(body.length % 2)]));
};
const uint24 = (n: number): number[] => [n & 0xff, (n >> 8) & 0xff, n >> 16];
/** The pixels of an image in one size, as a lossless chunk. */
const pixels = (width = 64, height = 64): Uint8Array => webp(width, height).subarray(12);
const frame = (content: Uint8Array = pixels(), { x = 0, y = 0, width = 64, height = 64 } = {}): Uint8Array =>
  chunk(
    'ANMF',
    [...uint24(x / 2), ...uint24(y / 2), ...uint24(width - 1), ...uint24(height - 1), ...uint24(100), 0],
    content,
  );
const ANIM = chunk('ANIM', [0, 0, 0, 0, 0, 0]);

/** A WebP with an extended header of 64 × 64 pixels and these chunks. */
const extended = (flags: number, ...chunks: readonly Uint8Array[]): Uint8Array => {
  const header = chunk('VP8X', [flags, 0, 0, 0, ...uint24(63), ...uint24(63)]);
  return chunk('RIFF', new TextEncoder().encode('WEBP'), header, ...chunks);
};
const ANIMATED = 2;

describe('a WebP', () => {
  const good: readonly [what: string, bytes: Uint8Array][] = [
    ['of the largest size', webp(512, 512, 6144)],
    ['with an extended header', extended(0, pixels())],
    ['with alpha before its pixels', extended(0x10, chunk('ALPH', [0]), pixels())],
    [
      'that is animated',
      extended(ANIMATED, ANIM, frame(), frame(pixels(8, 8), { x: 56, width: 8, height: 8 })),
    ],
    ['with 64 frames', extended(ANIMATED, ANIM, ...Array.from({ length: 64 }, () => frame()))],
  ];
  test.each(good)('%s is accepted', (_, bytes) => {
    expect(() => checkWebp(bytes, 'a.webp')).not.toThrow();
  });
  const tag = (at: number, name: string) => (bytes: Uint8Array) =>
    bytes.set(new TextEncoder().encode(name), at);
  const bad: readonly [what: string, bytes: Uint8Array, message: RegExp][] = [
    ['over 6 KB', webp(64, 64, 6146), /6146 bytes; at most 6144/],
    ['too short', webp().subarray(0, 20), /not a WebP file/],
    ['cut short', webp().subarray(0, 38), /the length in its header/],
    ['with more after it', webp(64, 64, 40, (bytes) => (bytes[4] = 20)), /the length in its header/],
    ['of another kind', webp(64, 64, 40, tag(8, 'WAVE')), /not a WebP file/],
    ['of an unknown chunk', webp(64, 64, 40, tag(12, 'VP9 ')), /not a kind of WebP/],
    ['without its signature', webp(64, 64, 40, (bytes) => (bytes[20] = 0)), /not a kind of WebP/],
    ['too wide', webp(513, 64), /513 × 64 pixels/],
    ['with a chunk that is cut short', webp(64, 64, 40, (bytes) => (bytes[16] = 40)), /cut short/],
    [
      'with a second image',
      chunk('RIFF', new TextEncoder().encode('WEBP'), pixels(), pixels()),
      /more follows/,
    ],
    ['with EXIF', extended(0x08, pixels(), chunk('EXIF', [1])), /EXIF or XMP/],
    ['with EXIF that its header does not mention', extended(0, pixels(), chunk('EXIF', [1])), /other chunks/],
    ['with a colour profile', extended(0x20, chunk('ICCP', [1]), pixels()), /colour profile/],
    ['without an image', extended(0, ANIM), /other chunks|another size/],
    ['with an image of another size', extended(0, pixels(512, 512)), /another size/],
    [
      'with an extended header inside',
      extended(0, extended(0, pixels()).subarray(12)),
      /other chunks|another size/,
    ],
    ['animated without ANIM', extended(ANIMATED, frame()), /begin with ANIM/],
    ['animated without frames', extended(ANIMATED, ANIM), /0 frames/],
    ['with 65 frames', extended(ANIMATED, ANIM, ...Array.from({ length: 65 }, () => frame())), /65 frames/],
    [
      'with a frame outside of its canvas',
      extended(ANIMATED, ANIM, frame(pixels(), { x: 2 })),
      /leaves the canvas/,
    ],
    ['with a frame of another size', extended(ANIMATED, ANIM, frame(pixels(512, 512))), /another size/],
    ['with something between frames', extended(ANIMATED, ANIM, frame(), chunk('XMP ', [1])), /other chunks/],
    ['with a frame that is cut short', extended(ANIMATED, ANIM, chunk('ANMF', [0, 0])), /other chunks/],
    ['that is a PNG', Uint8Array.from([0x89, 0x50, 0x4e, 0x47, ...new Uint8Array(40)]), /not a WebP file/],
  ];
  test.each(bad)('N10 %s is refused', (_, bytes, message) => {
    expect(() => checkWebp(bytes, 'a.webp')).toThrow(PackError);
    expect(() => checkWebp(bytes, 'a.webp')).toThrow(message);
  });
});
