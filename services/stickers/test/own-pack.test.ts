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

/** A lossless WebP of one size, header and padding only; `change` has the last word. */
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
    ['a sticker that is no object', manifest({}, ['otter.svg']), /a sticker is not an object/],
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
      'a keyword that is none',
      manifest({}, [{ ...sticker, keywords: [1] }]),
      /a keyword is missing or empty/,
    ],
    ['keywords without end', manifest({}, [{ ...sticker, keywords: Array(33).fill('a') }]), /at most 32/],
  ];
  test.each(faults)('%s is refused with file and line', (_, text, message) => {
    write('otter.svg', SVG);
    write('pack.json', text);
    expect(() => readOwnPack(folder)).toThrow(PackError);
    expect(() => readOwnPack(folder)).toThrow(message);
  });

  test('a drawing that the manifest does not name is not left out in silence', () => {
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

  test('an object knows its line', () => {
    const { value, lineOf } = parseLocated('{\n "a": [\n  {"b": 1},\n  {}\n ]\n}', 'x.json');
    const { a } = value as { a: [object, object] };
    expect([lineOf(value), ...a.map((object) => lineOf(object as never))]).toEqual([1, 3, 4]);
  });
});

describe('a WebP', () => {
  test('is taken by its header', () => {
    expect(() => checkWebp(webp(512, 512, 8192), 'a.webp')).not.toThrow();
  });
  const bad: readonly [what: string, bytes: Uint8Array][] = [
    ['over 8 KB', webp(64, 64, 8194)],
    ['too short', webp().subarray(0, 20)],
    ['cut short', webp().subarray(0, 38)],
    ['with more after it', webp(64, 64, 40, (bytes) => (bytes[4] = 20))],
    ['of another kind', webp(64, 64, 40, (bytes) => bytes.set(new TextEncoder().encode('WAVE'), 8))],
    ['of an unknown chunk', webp(64, 64, 40, (bytes) => bytes.set(new TextEncoder().encode('VP9 '), 12))],
    ['without its signature', webp(64, 64, 40, (bytes) => (bytes[20] = 0))],
    ['too wide', webp(513, 64)],
    [
      'animated',
      webp(64, 64, 40, (bytes) => (bytes.set(new TextEncoder().encode('VP8X'), 12), (bytes[20] = 2))),
    ],
    [
      'with EXIF',
      webp(64, 64, 40, (bytes) => (bytes.set(new TextEncoder().encode('VP8X'), 12), (bytes[20] = 8))),
    ],
    ['that is a PNG', Uint8Array.from([0x89, 0x50, 0x4e, 0x47, ...new Uint8Array(40)])],
  ];
  test.each(bad)('%s is refused', (_, bytes) => {
    expect(() => checkWebp(bytes, 'a.webp')).toThrow(PackError);
  });
});
